import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { openHttpArchive } from "./http-archive.js";
import { createArchive } from "../node/create/create-archive.js";
import { chunkBytes, contents, cutFiles, expectBytes, storedRange } from "../testing/cut-files.js";

/** What the server has, by path. */
let files: Map<string, Uint8Array>;
let etag: string | undefined;
let requests: string[];
let server: Server;
let base: string;

async function archiveOf(
  content: string,
): Promise<{ readonly index: Uint8Array; readonly data: Uint8Array }> {
  const chunks: Uint8Array[] = [];
  const { index } = await createArchive(
    [
      { path: "a.txt", content: Buffer.from(content) },
      { path: "b/c.txt", content: Buffer.from("see") },
    ],
    { write: (chunk) => void chunks.push(chunk) },
  );
  return { index: index.bytes, data: Buffer.concat(chunks) };
}

beforeEach(async () => {
  const { index, data } = await archiveOf("one");
  files = new Map([
    ["/site/index.blob", index],
    ["/site/data.blob", data],
  ]);
  etag = undefined;
  requests = [];
  server = createServer(({ method, url = "", headers }, response) => {
    requests.push(`${method} ${url} ${headers.range ?? "all"}`);
    const bytes = files.get(new URL(url, "http://x").pathname);
    if (bytes === undefined) return void response.writeHead(404).end("no");
    if (etag !== undefined) response.setHeader("etag", etag);
    const match = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "");
    if (match === null) return void response.end(bytes);
    const [first, last] = [Number(match[1]), Number(match[2])];
    response.setHeader("content-range", `bytes ${first}-${last}/${bytes.length}`);
    response.writeHead(206).end(bytes.subarray(first, last + 1));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe("openHttpArchive", () => {
  test.each(["/site", "/site/", "/site/?token=1"])(
    "takes one request, and one more a file: %s",
    async (path) => {
      const archive = await openHttpArchive(base + path);
      expect(requests).toHaveLength(1);
      expect([...archive.entries()].map((entry) => entry.path)).toEqual(["a.txt", "b/c.txt"]);
      expect(await archive.readFile("b/c.txt", "utf8")).toBe("see");
      const query = path.includes("?") ? "?token=1" : "";
      expect(requests).toEqual([`GET /site/index.blob${query} all`, `GET /site/data.blob${query} bytes=3-5`]);
    },
  );

  test("takes its two parts from anywhere, with headers and a fetch of the caller's", async () => {
    const asked: string[] = [];
    const archive = await openHttpArchive(
      { index: new URL("/site/index.blob", base), data: `${base}/site/data.blob` },
      {
        headers: { authorization: "Basic x" },
        fetch(url, init) {
          asked.push(
            `${new Request(url).url.slice(base.length)} ${new Headers(init?.headers).get("authorization")}`,
          );
          return fetch(url, init);
        },
      },
    );
    await archive.readFile("a.txt");
    expect(asked).toEqual(["/site/index.blob Basic x", "/site/data.blob Basic x"]);
    expect(archive.data.id).toMatch(/^http.*\/site\/data\.blob#[0-9a-f]{64}$/);
  });

  test.each(["log", "stored"] as const)(
    "a range of a file in chunks is one request for the chunks that it touches, and none when they are there: %s",
    async (path) => {
      const cut = await cutFiles();
      files.set("/site/index.blob", cut.index);
      files.set("/site/data.blob", cut.data);
      const archive = await openHttpArchive(`${base}/site`);
      const range = { offset: 5 * chunkBytes - 10, length: 29 };
      const read = (): Promise<Uint8Array> => archive.readFile(path, { range });
      for (const content of [...(await Promise.all([read(), read()])), await read()]) {
        expectBytes(content, contents[path].subarray(range.offset, range.offset + range.length));
      }
      const { offset, length } = storedRange(cut, path, 4, 5);
      expect(requests).toEqual([
        "GET /site/index.blob all",
        `GET /site/data.blob bytes=${offset}-${offset + length - 1}`,
      ]);
      cut.data.fill(0x55);
      const later = archive.readFile(path, { range: { offset: 7 * chunkBytes, length: 1 } });
      await expect(later).rejects.toMatchObject({ name: "FormatError", path });
    },
  );

  test("an empty archive takes one request", async () => {
    const { index } = await createArchive([], { write: () => undefined });
    files.set("/site/index.blob", index.bytes);
    expect((await openHttpArchive(`${base}/site`)).entryCount).toBe(0);
    expect(requests).toHaveLength(1);
  });

  test("data of another size or content, or that is replaced, is an error of the read", async () => {
    etag = '"1"';
    const archive = await openHttpArchive(`${base}/site`);
    await archive.readFile("a.txt");
    etag = '"2"';
    await expect(archive.readFile("a.txt")).rejects.toMatchObject({ code: "SourceMismatch" });
    etag = undefined;
    const second = await openHttpArchive(`${base}/site`);
    files.set("/site/data.blob", Buffer.from("too long for this index"));
    await expect(second.readFile("a.txt")).rejects.toMatchObject({ code: "SourceMismatch" });
    files.set("/site/data.blob", Buffer.from("twosee"));
    await expect(second.readFile("a.txt")).rejects.toMatchObject({ code: "HashMismatch" });
    files.delete("/site/data.blob");
    await expect(second.readFile("a.txt")).rejects.toMatchObject({ code: "NotFound", what: "archive" });
  });

  test("an index that is not there, is none, or is too large is an error", async () => {
    await expect(openHttpArchive(`${base}/elsewhere`)).rejects.toMatchObject({ code: "NotFound" });
    await expect(openHttpArchive("http://127.0.0.1:1/")).rejects.toMatchObject({ code: "Network" });
    await expect(openHttpArchive("not a url")).rejects.toMatchObject({ code: "InvalidArgument" });
    const small = { limits: { maxIndexBytes: 10 } };
    await expect(openHttpArchive(`${base}/site`, small)).rejects.toMatchObject({ code: "SizeExceeded" });
    files.set("/site/index.blob", Buffer.from("<html>"));
    await expect(openHttpArchive(`${base}/site`)).rejects.toMatchObject({ code: "InvalidIndex" });
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(openHttpArchive(`${base}/site`, { signal })).rejects.toThrow("enough");
  });
});
