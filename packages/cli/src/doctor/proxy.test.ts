import { expect, test } from "vitest";
import { proxyFor } from "./proxy.js";

const url = new URL("https://registry.example");

test.each([
  [{}, { none: "none" }],
  [
    { HTTPS_PROXY: "http://user:secret@proxy.example:3128" },
    { host: "proxy.example:3128", variable: "HTTPS_PROXY" },
  ],
  [{ http_proxy: "http://proxy.example" }, { host: "proxy.example", variable: "http_proxy" }],
  [{ HTTPS_PROXY: "proxy.example:3128" }, { host: "proxy.example:3128", variable: "HTTPS_PROXY" }],
  [
    { https_proxy: "", HTTP_PROXY: "http://other.example" },
    { host: "other.example", variable: "HTTP_PROXY" },
  ],
  [
    { HTTPS_PROXY: "http://p", NO_PROXY: "a, registry.example" },
    { none: "none: NO_PROXY has registry.example" },
  ],
  [{ HTTPS_PROXY: "http://p", NO_PROXY: ".example" }, { none: "none: NO_PROXY has .example" }],
  [
    { HTTPS_PROXY: "http://p", NO_PROXY: "registry.example:443" },
    { none: "none: NO_PROXY has registry.example:443" },
  ],
  [
    { HTTPS_PROXY: "http://p", NO_PROXY: "registry.example:80,ample" },
    { host: "p", variable: "HTTPS_PROXY" },
  ],
  [{ HTTPS_PROXY: "http://p", no_proxy: "*" }, { none: "none: NO_PROXY has *" }],
])("%o: %o", (env, proxy) => expect(proxyFor(url, env)).toEqual(proxy));

test.each(["%%", "ann:secret@", "ftp://proxy.example"])("%s is no proxy, and is not shown", (value) => {
  const find = (): unknown => proxyFor(url, { HTTPS_PROXY: value });
  expect(find).toThrow("the proxy (HTTP_PROXY, HTTPS_PROXY) is not a URL of one");
  expect(find).not.toThrow(value);
});

test("this machine needs none, and http no proxy for https", () => {
  const env = { HTTPS_PROXY: "http://p" };
  expect(proxyFor(new URL("https://127.0.0.1:5000"), env)).toHaveProperty("none");
  expect(proxyFor(new URL("http://registry.example"), env)).toEqual({ none: "none" });
});
