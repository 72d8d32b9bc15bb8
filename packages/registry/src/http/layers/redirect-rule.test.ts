import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideRedirect, headersAfterRedirect } from "./redirect-rule.js";

const from = "https://ghcr.io/v2/acme/site/blobs/sha256:abc";

interface Row {
  readonly from?: string;
  readonly location: string | undefined;
  readonly url?: string;
  readonly keeps?: boolean;
  readonly refused?: string;
}

const rows: readonly Row[] = [
  // Followed, with credentials: the same origin in all its spellings.
  { location: "/v2/acme/site/blobs/other", url: "https://ghcr.io/v2/acme/site/blobs/other", keeps: true },
  {
    location: "uploads/1?_state=a%2Bb",
    url: "https://ghcr.io/v2/acme/site/blobs/uploads/1?_state=a%2Bb",
    keeps: true,
  },
  { location: "https://GHCR.io:443/x", url: "https://ghcr.io/x", keeps: true },
  { location: "//ghcr.io/x", url: "https://ghcr.io/x", keeps: true },
  { location: "https://ghcr.io/x#secret", url: "https://ghcr.io/x", keeps: true },
  // A proxy that ends TLS: the registry thinks that it is http.
  { location: "http://ghcr.io/x?a=b", url: "https://ghcr.io/x?a=b", keeps: true },
  {
    from: "https://registry.example.com:8443/v2/",
    location: "http://registry.example.com/x",
    url: "https://registry.example.com:8443/x",
    keeps: true,
  },
  // The same on a port of its own, or with the port of https spelled out.
  {
    from: "https://registry.example.com:8443/v2/",
    location: "http://registry.example.com:8443/x?a=b",
    url: "https://registry.example.com:8443/x?a=b",
    keeps: true,
  },
  { location: "http://ghcr.io:443/x", url: "https://ghcr.io/x", keeps: true },
  // Followed, without credentials: any other origin.
  { location: "https://cdn.example.com/x?sig=1", url: "https://cdn.example.com/x?sig=1", keeps: false },
  { location: "//cdn.example.com/x", url: "https://cdn.example.com/x", keeps: false },
  { location: "https://ghcr.io:8443/x", url: "https://ghcr.io:8443/x", keeps: false },
  { location: "https://ghcr.io.evil.example/x", url: "https://ghcr.io.evil.example/x", keeps: false },
  { location: "https://sub.ghcr.io/x", url: "https://sub.ghcr.io/x", keeps: false },
  {
    from: "http://localhost:5000/v2/",
    location: "http://127.0.0.1:5000/x",
    url: "http://127.0.0.1:5000/x",
    keeps: false,
  },
  {
    from: "http://localhost:5000/v2/",
    location: "https://localhost:5000/x",
    url: "https://localhost:5000/x",
    keeps: false,
  },
  { from: "http://10.0.0.1/v2/", location: "http://10.0.0.2/x", url: "http://10.0.0.2/x", keeps: false },
  // Not followed.
  { location: undefined, refused: "leads nowhere" },
  { location: "", refused: "leads nowhere" },
  { location: "http://[::1", refused: "not a URL" },
  { location: "file:///etc/passwd", refused: "file:" },
  { location: "javascript:alert(1)", refused: "javascript:" },
  { location: "ftp://ghcr.io/x", refused: "ftp:" },
  { location: "https://user:password@ghcr.io/x", refused: "user name" },
  { location: "http://cdn.example.com/x", refused: "gives up https" },
  { location: "http://ghcr.io:8080/x", refused: "gives up https" },
  {
    from: "https://registry.example.com:8443/v2/",
    location: "http://registry.example.com:8080/x",
    refused: "gives up https",
  },
  {
    from: "https://registry.example.com:8443/v2/",
    location: "http://other.example.com:8443/x",
    refused: "gives up https",
  },
  { location: "https://127.0.0.1/x", refused: "inside of the network" },
  { location: "https://[::1]/x", refused: "inside of the network" },
  { location: "https://localhost/x", refused: "inside of the network" },
  { location: "https://169.254.169.254/latest/meta-data", refused: "inside of the network" },
  { location: "https://10.0.0.1/x", refused: "inside of the network" },
  { location: "https://[::ffff:7f00:1]/x", refused: "inside of the network" },
  { location: "https://2130706433/x", refused: "inside of the network" },
  { location: "https://192.0.0.192/x", refused: "inside of the network" },
  { location: "https://224.0.0.1/x", refused: "inside of the network" },
  { location: "https://[64:ff9b:1::a9fe:a9fe]/x", refused: "inside of the network" },
  { location: "https://[2002:7f00:1::]/x", refused: "inside of the network" },
  { location: "https://wiki.intranet/x", refused: "inside of the network" },
  { location: "https://registry.default.svc/x", refused: "inside of the network" },
  { from: "http://10.0.0.1/v2/", location: "http://127.0.0.1/x", refused: "inside of the network" },
];

describe("a redirect", () => {
  test.each(rows)("from $from to $location", ({ from: source = from, location, url, keeps, refused }) => {
    const decision = decideRedirect({
      from: new URL(source),
      location,
      credentialOrigin: new URL(source).origin,
    });
    if (decision.follow)
      expect({ url: decision.url.href, keeps: decision.keepCredentials }).toEqual({ url, keeps });
    else expect(decision.why).toContain(refused ?? "(to be followed)");
  });

  test("of a request without credentials keeps none", () => {
    expect(decideRedirect({ from: new URL(from), location: "/x" })).toMatchObject({ keepCredentials: false });
  });

  test("never takes credentials to another origin, nor shows a query in its reasons", () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), fc.webUrl(), (target, source) => {
        const decision = decideRedirect({
          from: new URL(source),
          location: target,
          credentialOrigin: new URL(source).origin,
        });
        if (decision.follow && decision.keepCredentials) {
          expect(decision.url.origin).toBe(new URL(source).origin);
        }
        if (!decision.follow) expect(decision.why).not.toContain("?");
      }),
    );
  });
});

test("other origins get no header that could hold a secret", () => {
  const headers = {
    authorization: "Bearer secret",
    cookie: "secret",
    "x-api-key": "secret",
    "x-acr-refresh": "secret",
    accept: "*/*",
    range: "bytes=0-1",
    "user-agent": "blob",
  };
  expect(headersAfterRedirect(headers, false)).toEqual({
    accept: "*/*",
    range: "bytes=0-1",
    "user-agent": "blob",
  });
  expect(headersAfterRedirect(headers, true)).toEqual(headers);
});

describe("a location that holds secrets or leads astray", () => {
  test.each([
    ["https://user@ghcr.io/x", "a location with a user name in it"],
    ["https://:password@ghcr.io/x", "a location with a user name in it"],
    ["http://cdn.example.com:81/x", "a location on cdn.example.com:81 that gives up https for http"],
    [
      "https://10.0.0.1:81/x",
      "a location on 10.0.0.1, which is inside of the network that this client runs in",
    ],
  ])("%s: the reason is exact", (location, why) => {
    expect(decideRedirect({ from: new URL(from), location })).toEqual({ follow: false, why });
  });
});
