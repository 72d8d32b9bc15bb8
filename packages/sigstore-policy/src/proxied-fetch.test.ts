import { createServer, type Server } from "node:http";
import { buffer, text } from "node:stream/consumers";
import { startTestProxy, type TestProxy } from "@blob/testing";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { requestBounded } from "./bounded-request.js";
import { fetchProxied } from "./proxied-fetch.js";
import { requestService } from "./sign/service-request.js";

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A service that answers with what it was sent. */
async function startEcho(): Promise<number> {
  return listen(
    createServer((request, response) => {
      buffer(request).then(
        (body) => response.writeHead(200, { "x-method": request.method }).end(body),
        () => response.destroy(),
      );
    }),
  );
}

async function startProxy(port?: number): Promise<TestProxy> {
  const proxy = await startTestProxy(port);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** For this test only. */
function setProxies(environment: Readonly<Record<string, string>>): void {
  for (const name of ["http_proxy", "https_proxy", "no_proxy"]) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toUpperCase(), environment[name.toUpperCase()]);
  }
  onTestFinished(() => void vi.unstubAllEnvs());
}

const signal = AbortSignal.timeout(60_000);

describe("requests to services", () => {
  test("go through the proxy of the environment, with its password, and come back whole", async () => {
    const { host, asked } = await startProxy(await startEcho());
    setProxies({ HTTP_PROXY: `http://ann:secret@${host}` });
    const answer = await fetchProxied("http://service.invalid/api", {
      method: "POST",
      body: Buffer.from("question"),
      signal,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-method")).toBe("POST");
    expect(answer.body === null ? undefined : await text(answer.body)).toBe("question");
    const credentials = Buffer.from("ann:secret").toString("base64");
    expect(asked).toEqual([`POST http://service.invalid/api Basic ${credentials}`]);
  });

  test("go to this machine, and to exceptions, without it", async () => {
    const port = await startEcho();
    const { host, asked } = await startProxy(port);
    setProxies({ HTTP_PROXY: `http://${host}`, NO_PROXY: "direct.invalid,192.0.2.0/24" });
    const here = await fetchProxied(`http://127.0.0.1:${String(port)}/`, { signal });
    expect(here.status).toBe(200);
    await here.body?.cancel();
    await expect(fetchProxied("http://direct.invalid/", { signal })).rejects.toThrow();
    const soon = AbortSignal.timeout(50);
    await expect(fetchProxied("http://192.0.2.1/", { signal: soon })).rejects.toThrow();
    expect(asked).toEqual([]);
  });

  test.each([
    [403, /does not connect to fulcio\.invalid:443 \(HTTP 403\)/u],
    [407, /does not accept the user and password in its URL \(HTTP 407\)/u],
  ])("that the proxy refuses with %d say so, once, without its password", async (status, why) => {
    const proxy = await startProxy();
    proxy.refuse = status;
    setProxies({ HTTPS_PROXY: `http://ann:secret@${proxy.host}` });
    const url = new URL("https://fulcio.invalid/api/v2");
    const what = "the certificate authority";
    const limits = { retryDelayMs: 1 };
    const failures = await Promise.allSettled([
      requestService({ what, url, statuses: [200], limits, signal: undefined }),
      requestBounded({ what, url, code: "IdentityUnavailable", maxBytes: 10 }),
    ]);
    expect(failures).toMatchObject([
      { reason: { code: "ServiceUnavailable" } },
      { reason: { code: "IdentityUnavailable" } },
    ]);
    for (const failure of failures) {
      const message = failure.status === "rejected" ? String(failure.reason) : "";
      expect(message).toContain("the certificate authority (fulcio.invalid) could not be reached");
      expect(message).toMatch(why);
      expect(message).not.toMatch(/secret|ann/u);
    }
    expect(proxy.asked).toHaveLength(2);
  });

  test("say so when the proxy is not a URL, without showing it", async () => {
    setProxies({ HTTPS_PROXY: "ann:secret@" });
    const url = new URL("https://fulcio.invalid/");
    const error: unknown = await requestBounded({
      what: "it",
      url,
      code: "KeyUnavailable",
      maxBytes: 1,
    }).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("the proxy (HTTP_PROXY, HTTPS_PROXY) is not a URL");
    expect(String(error)).not.toContain("secret");
  });
});
