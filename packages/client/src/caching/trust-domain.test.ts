import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { TrustDomainOptions } from "./trust-domain.js";
import { trustDomainOf } from "./trust-domain.js";

const host = "registry.example:5000";
const handle = (): Promise<never> => Promise.reject(new Error("nothing is sent here"));
const transport = { handle, close: () => Promise.resolve() };
const certificate = { cert: "the certificate", key: "the secret key" };

/** Ways to one host, each of which somebody else may speak for. */
const ways: Readonly<Record<string, TrustDomainOptions>> = {
  "verified TLS": { plainHttp: false },
  "plain HTTP": { plainHttp: true },
  "TLS that is not verified": { plainHttp: false, tls: { insecure: true } },
  "another authority": { plainHttp: false, tls: { ca: "an authority" } },
  "yet another authority": { plainHttp: false, tls: { ca: "another" } },
  "another authority, not verified": { plainHttp: false, tls: { ca: "an authority", insecure: true } },
  "a client certificate": { plainHttp: false, tls: { certificate } },
  "another client certificate": { plainHttp: false, tls: { certificate: { ...certificate, cert: "other" } } },
  "a transport of the caller's": { plainHttp: false, transport },
  "plain HTTP over a transport of the caller's": { plainHttp: true, transport },
};

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a trust domain", () => {
  test("is another one for each way to a registry, and for each registry", () => {
    vi.stubEnv("NODE_EXTRA_CA_CERTS", undefined);
    const all = Object.values(ways);
    const domains = ["a.example", "b.example", host].flatMap((its) =>
      all.map((way) => trustDomainOf(its, way)),
    );
    expect(new Set(domains).size).toBe(3 * all.length);
  });

  test("is the origin when nothing is out of the ordinary, so that all processes share it", () => {
    vi.stubEnv("NODE_EXTRA_CA_CERTS", undefined);
    expect(trustDomainOf(host, { plainHttp: false })).toBe(`https://${host}`);
    expect(trustDomainOf(host, { plainHttp: false, tls: { ca: undefined, insecure: false } })).toBe(
      `https://${host}`,
    );
    expect(trustDomainOf(host, { plainHttp: true, tls: { insecure: true } })).toBe(`http://${host}`);
  });

  test("is neither that of TLS nor that of plain HTTP for a registry on this machine that nobody said anything of", () => {
    vi.stubEnv("NODE_EXTRA_CA_CERTS", undefined);
    const domains = [undefined, false, true].map((plainHttp) =>
      trustDomainOf("localhost:5000", { plainHttp }),
    );
    expect(domains).toEqual([
      "https-or-http://localhost:5000",
      "https://localhost:5000",
      "http://localhost:5000",
    ]);
    expect(trustDomainOf("a.example", { plainHttp: undefined })).toBe("https://a.example");
  });

  test("holds nothing that is secret", () => {
    const { key } = certificate;
    expect(trustDomainOf(host, { plainHttp: false, tls: { certificate } })).toBe(
      trustDomainOf(host, { plainHttp: false, tls: { certificate: { ...certificate, key: "changed" } } }),
    );
    expect(trustDomainOf(host, { plainHttp: false, tls: { certificate } })).not.toContain(key);
  });

  test("says when the environment makes Node verify nothing, or trust more", () => {
    const way = { plainHttp: false };
    vi.stubEnv("NODE_EXTRA_CA_CERTS", undefined);
    const usual = trustDomainOf(host, way);
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    expect(trustDomainOf(host, way)).toBe(trustDomainOf(host, { plainHttp: false, tls: { insecure: true } }));
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "1");
    expect(trustDomainOf(host, way)).toBe(usual);
    vi.stubEnv("NODE_EXTRA_CA_CERTS", "/etc/other.pem");
    const withMore = trustDomainOf(host, way);
    expect(withMore).not.toBe(usual);
    expect(trustDomainOf(host, { ...way, tls: { ca: "" } })).toBe(withMore);
  });

  test("does not tell one thing for another, whatever the texts are", () => {
    const text = fc.option(fc.string(), { nil: undefined });
    const way = fc.record({ ca: text, cert: text, insecure: fc.boolean() });
    fc.assert(
      fc.property(way, way, (a, b) => {
        const [one, other] = [a, b].map(({ ca, cert, insecure }) =>
          trustDomainOf(host, {
            plainHttp: false,
            tls: { ca, insecure, certificate: cert === undefined ? undefined : { cert, key: "" } },
          }),
        );
        const isSame = (a.ca || "") === (b.ca || "") && a.cert === b.cert && a.insecure === b.insecure;
        expect(one === other).toBe(isSame);
      }),
    );
  });
});
