import { describe, expect, test } from "vitest";

import { isFormatError } from "../errors.js";
import { treeArchive } from "../testing/tree-archive.js";
import type { ArchiveHandlerOptions } from "./archive-handler.js";
import { createArchiveHandler } from "./archive-handler.js";

const tree = {
  "a b#?%ü.txt": "strange",
  "about.html": "<p>about</p>",
  "docs/index.html": "<p>docs</p>",
  "docs/sub/x.txt": "x",
  "file.constructor": "no type",
  "file.__proto__": "no type",
  "index.html": "<p>root</p>",
  "script.js": "run()",
  "weird\\name": "backslash",
};

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

async function site(options: ArchiveHandlerOptions = {}): Promise<Ask> {
  const handle = createArchiveHandler(await treeArchive(tree), options);
  return (path, init) => handle(new Request(`http://example.org${path}`, init));
}

describe("which file is found", () => {
  test.each<readonly [string, number, string]>([
    ["/", 200, "<p>root</p>"],
    ["/index.html", 200, "<p>root</p>"],
    ["/docs/", 200, "<p>docs</p>"],
    ["/script.js?v=1", 200, "run()"],
    ["/a%20b%23%3F%25%C3%BC.txt", 200, "strange"],
    ["/weird%5Cname", 200, "backslash"],
    ["/docs/sub/", 404, "There is no such file\n"],
    ["/nothing", 404, "There is no such file\n"],
    ["/nothing/", 404, "There is no such file\n"],
    ["/about", 404, "There is no such file\n"],
    ["/SCRIPT.JS", 404, "There is no such file\n"],
    ["/docs%2Findex.html", 400, "This is not the path of a file\n"],
    ["/docs//index.html", 400, "This is not the path of a file\n"],
    ["//script.js", 400, "This is not the path of a file\n"],
    ["/script.js%00", 400, "This is not the path of a file\n"],
    ["/%", 400, "This is not the path of a file\n"],
    ["/%ff", 400, "This is not the path of a file\n"],
    ["/%ed%a0%80", 400, "This is not the path of a file\n"],
    [`/${"a".repeat(5000)}`, 400, "This is not the path of a file\n"],
    [`/${"a/".repeat(2000)}b`, 404, "There is no such file\n"],
  ])("%s: %i", async (path, status, body) => {
    const ask = await site();
    const response = await ask(path);
    expect([response.status, await response.text()]).toEqual([status, body]);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    const head = await ask(path, { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([status, ""]);
    expect([...head.headers]).toEqual([...response.headers]);
  });

  test("what resolves dots before the handler cannot lead out of the archive either", async () => {
    const handle = createArchiveHandler(await treeArchive(tree));
    const { headers, signal } = new Request("http://example.org/");
    for (const url of [
      "http://example.org/docs/../../script.js",
      "http://example.org/..%2f..%2fetc/passwd",
    ]) {
      const response = await handle({ url, method: "GET", headers, signal });
      expect([200, 400]).toContain(response.status);
      if (response.status === 200) expect(await response.text()).toBe("run()");
    }
  });

  test.each([
    ["/docs", "/docs/"],
    ["/docs?a=b&c", "/docs/?a=b&c"],
    ["/script.js/", "/script.js"],
    ["/a%20b%23%3f%25%c3%bc.txt/", "/a%20b%23%3F%25%C3%BC.txt"],
  ])("%s is at %s", async (path, location) => {
    const response = await (await site())(path);
    expect([response.status, response.headers.get("location")]).toEqual([308, location]);
  });

  test("below a base path, and nothing beside it", async () => {
    const ask = await site({ basePath: "/some/docs" });
    const statusOf = async (path: string): Promise<number> => (await ask(path)).status;
    expect(await (await ask("/some/docs/script.js")).text()).toBe("run()");
    expect((await ask("/some/docs")).headers.get("location")).toBe("/some/docs/");
    expect((await ask("/some/docs/docs?x")).headers.get("location")).toBe("/some/docs/docs/?x");
    expect(await statusOf("/script.js")).toBe(404);
    expect(await statusOf("/some/docsscript.js")).toBe(404);
    expect(await statusOf("/some/docs/%2e%2e/script.js")).toBe(404);
    for (const basePath of ["docs", "//evil.example", "/a/../b", "/a?b", "/a b", "https://example.org/"]) {
      const error = await site({ basePath }).catch((failed: unknown) => failed);
      expect([basePath, isFormatError(error) && error.code]).toEqual([basePath, "InvalidArgument"]);
    }
  });

  test("clean URLs, other index files, and none", async () => {
    expect(await (await (await site({ cleanUrls: true }))("/about")).text()).toBe("<p>about</p>");
    expect((await (await site({ cleanUrls: true }))("/about/")).status).toBe(404);
    expect(await (await (await site({ index: "about.html" }))("/")).text()).toBe("<p>about</p>");
    expect((await (await site({ index: false }))("/")).status).toBe(404);
  });

  test("hooks answer for directories and for what is missing, or leave it to the handler", async () => {
    const ask = await site({
      index: false,
      onDirectory: (_request, path) => (path === "docs" ? undefined : new Response(`list of "${path}"`)),
      onMissing: async (_request, path) =>
        path === "docs" ? undefined : new Response("lost", { status: 404 }),
    });
    expect(await (await ask("/")).text()).toBe('list of ""');
    expect(await (await ask("/docs/sub/")).text()).toBe('list of "docs/sub"');
    expect(await (await ask("/docs/sub/", { method: "HEAD" })).text()).toBe("");
    expect(await (await ask("/docs/")).text()).toBe("There is no such file\n");
    expect(await (await ask("/nothing")).text()).toBe("lost");
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])("%s is not allowed", async (method) => {
    const { status, headers } = await (await site())("/script.js", { method });
    expect([status, headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});

describe("what is said of a file", () => {
  test("its type by its name, whatever the name is", async () => {
    const ask = await site();
    const typeOf = async (path: string): Promise<string | null> =>
      (await ask(path)).headers.get("content-type");
    expect(await typeOf("/script.js")).toBe("text/javascript; charset=utf-8");
    expect(await typeOf("/index.html")).toBe("text/html; charset=utf-8");
    expect(await typeOf("/file.constructor")).toBe("application/octet-stream");
    expect(await typeOf("/file.__proto__")).toBe("application/octet-stream");
  });

  test("types, caching and further headers as the options have it", async () => {
    const ask = await site({
      contentType: (path) => `application/x-${path.length}`,
      cacheControl: (path) => (path === "script.js" ? "public, max-age=31536000, immutable" : "no-store"),
      headers: { "content-security-policy": "sandbox", "x-content-type-options": "nosniff" },
    });
    const script = await ask("/script.js");
    expect(Object.fromEntries(script.headers)).toMatchObject({
      "content-type": "application/x-9",
      "cache-control": "public, max-age=31536000, immutable",
      "content-security-policy": "sandbox",
    });
    const etag = script.headers.get("etag") ?? "";
    const same = await ask("/script.js", { headers: { "if-none-match": etag } });
    expect([same.status, same.headers.get("content-security-policy")]).toEqual([304, "sandbox"]);
    expect((await ask("/about.html")).headers.get("cache-control")).toBe("no-store");
  });

  test("a time only when there is a usable one", async () => {
    for (const [mtimeNs, expected] of [
      [1_700_000_000_999_999_999n, "Tue, 14 Nov 2023 22:13:20 GMT"],
      [-5n, null],
      [8_000_000_000_000_000_000n, null],
    ] as const) {
      const handle = createArchiveHandler(await treeArchive({ "a.txt": "a" }, { mtimeNs }));
      const response = await handle(new Request("http://example.org/a.txt"));
      expect(response.headers.get("last-modified")).toBe(expected);
    }
  });
});

describe("failures", () => {
  test("an archive that cannot be read is 502, and only the operator hears why", async () => {
    const archive = await treeArchive(tree, {
      read: () => () => {
        throw new Error("https://user:secret@internal.example/data.blob is gone");
      },
    });
    const told: unknown[] = [];
    const handle = createArchiveHandler(archive, { onError: (error) => told.push(error) });
    const response = await handle(new Request("http://example.org/script.js"));
    expect([response.status, await response.text()]).toEqual([
      502,
      "The file could not be read, or is damaged\n",
    ]);
    expect(response.headers.get("etag")).toBeNull();
    expect(String(told)).toContain("internal.example");
  });

  test("a hook that throws is 500", async () => {
    const told: unknown[] = [];
    const ask = await site({
      onMissing: () => Promise.reject(new Error("secret")),
      onError: (error, { url }) => told.push([String(error), url]),
    });
    const response = await ask("/nothing");
    expect([response.status, await response.text()]).toEqual([500, "The server failed\n"]);
    expect(told).toEqual([["Error: secret", "http://example.org/nothing"]]);
  });
});
