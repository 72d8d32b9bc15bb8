import { describe, expect, test } from "vitest";
import { environmentProxies, proxyVariable, routeTo } from "./route.js";

const https = new URL("https://registry.example");

describe("the environment", () => {
  test.each([
    [{ HTTPS_PROXY: "http://p" }, "https:", "HTTPS_PROXY"],
    [{ https_proxy: "http://p", HTTPS_PROXY: "http://q" }, "https:", "https_proxy"],
    [{ https_proxy: "", HTTPS_PROXY: "http://q" }, "https:", "HTTPS_PROXY"],
    [{ HTTP_PROXY: "http://p" }, "https:", "HTTP_PROXY"],
    [{ ALL_PROXY: "http://p" }, "https:", "ALL_PROXY"],
    [{ all_proxy: "http://p", ALL_PROXY: "http://q" }, "http:", "all_proxy"],
    [{ ALL_PROXY: "http://p", HTTP_PROXY: "http://q" }, "https:", "ALL_PROXY"],
    [{ ALL_PROXY: "http://p", HTTP_PROXY: "http://q" }, "http:", "HTTP_PROXY"],
    [{ HTTPS_PROXY: "http://p" }, "http:", undefined],
    [{}, "https:", undefined],
  ])("%o names the proxy for %s in %s", (env, protocol, name) => {
    expect(proxyVariable(protocol, env)?.name).toBe(name);
  });

  test("has exceptions in either spelling", () => {
    expect(environmentProxies({ no_proxy: "", NO_PROXY: "a" }).exceptions).toBe("a");
    expect(environmentProxies({ no_proxy: "b", NO_PROXY: "a" }).exceptions).toBe("b");
  });
});

describe("a route", () => {
  test.each([
    ["http://proxy.example:3128", "proxy.example:3128", undefined],
    ["proxy.example:3128", "proxy.example:3128", undefined],
    ["https://proxy.example", "proxy.example", undefined],
    ["http://ann:p%40ss%3A@proxy.example", "proxy.example", "ann:p@ss:"],
    ["http://token@proxy.example", "proxy.example", "token:"],
    ["http://:secret@proxy.example", "proxy.example", ":secret"],
    ["http://ann:100%@proxy.example", "proxy.example", "ann:100%"],
    ["http://ann:b%C3%BCcher@proxy.example", "proxy.example", "ann:bücher"],
  ])("by %s leads to %s, with the credentials %s", (text, host, credentials) => {
    const { proxy } = routeTo(https, { https: text });
    expect(proxy?.host).toBe(host);
    const authorization =
      credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString("base64")}`;
    expect(proxy?.authorization).toBe(authorization);
  });

  test.each(["ann:secret@", "http://", "ftp://secret.example", "%%secret", "socks5h://secret"])(
    "by %s is an error that does not show it",
    (text) => {
      const find = (): unknown => routeTo(https, { https: text });
      expect(find).toThrow(expect.objectContaining({ code: "PROXY_INVALID" }) as Error);
      expect(find).not.toThrow(/secret/u);
    },
  );

  test("needs no proxy to this machine, to exceptions, and where none is named", () => {
    const named = { https: "http://p", exceptions: "10.0.0.0/8" };
    for (const host of ["127.0.0.1:5000", "localhost", "a.localhost", "[::1]"]) {
      expect(routeTo(new URL(`https://${host}`), named)).toEqual({ proxy: undefined, why: "loopback" });
    }
    const exception = { proxy: undefined, why: "exception", exception: "10.0.0.0/8" };
    expect(routeTo(new URL("https://10.1.2.3"), named)).toEqual(exception);
    expect(routeTo(new URL("http://registry.example"), named)).toEqual({ proxy: undefined, why: "no-proxy" });
  });
});
