import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";

import { describeByteSource } from "./byte-source.contract.js";
import { createHttpByteSource } from "./http-byte-source.js";
import { collectBytes } from "../testing/collect.js";

const content = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7 + (i >> 8));

/** How a server differs from a good one. */
interface Quirks {
  /** Answers with everything, as if it did not know ranges. */
  readonly ignoreRange?: boolean;
  readonly noContentLength?: boolean;
  readonly etag?: string;
  readonly contentRange?: string;
  readonly contentEncoding?: string;
  readonly status?: number;
  /** Sends this much less (or more, when negative) than it announces. */
  readonly missing?: number;
  /** Breaks the connection off after this many bytes. */
  readonly breakAfter?: number;
}

interface TestServer {
  readonly url: string;
  quirks: Quirks;
  bytes: Uint8Array;
  readonly requests: IncomingMessage[];
  /** Connections that are open. */
  open: number;
  close(): Promise<void>;
}

async function startServer(bytes: Uint8Array, quirks: Quirks = {}): Promise<TestServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(state, request, response);
  });
  server.on("connection", (socket) => {
    state.open++;
    socket.on("close", () => state.open--);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const state: TestServer = {
    url: `http://127.0.0.1:${port}/dir/data.blob?sig=secret`,
    quirks,
    bytes,
    requests,
    open: 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return state;
}

function answer({ bytes, quirks }: TestServer, request: IncomingMessage, response: ServerResponse): void {
  const etag = quirks.etag ?? '"v1"';
  if (etag !== "") response.setHeader("etag", etag);
  if (quirks.contentEncoding !== undefined) response.setHeader("content-encoding", quirks.contentEncoding);
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  const first = Number(match?.[1] ?? 0);
  const last = Math.min(Number(match?.[2] ?? bytes.length), bytes.length - 1);
  if (quirks.status !== undefined) return void response.writeHead(quirks.status).end("go away");
  if (match === null || quirks.ignoreRange === true) {
    if (quirks.noContentLength !== true) response.setHeader("content-length", bytes.length);
    return send(response.writeHead(200), bytes, quirks);
  }
  if (first >= bytes.length)
    return void response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
  const range = quirks.contentRange ?? `bytes ${first}-${last}/${bytes.length}`;
  const body = bytes.subarray(first, last + 1 - (quirks.missing ?? 0));
  if (quirks.missing === undefined) response.setHeader("content-length", body.length);
  send(response.writeHead(206, { "content-range": range }), body, quirks);
}

function send(response: ServerResponse, body: Uint8Array, { breakAfter }: Quirks): void {
  if (breakAfter === undefined) return void response.end(body);
  response.write(body.subarray(0, breakAfter), () => response.destroy());
}

const started: TestServer[] = [];

async function serve(quirks: Quirks = {}, bytes: Uint8Array = content): Promise<TestServer> {
  const server = await startServer(bytes, quirks);
  started.push(server);
  return server;
}

afterEach(async () => {
  for (const server of started.splice(0)) await server.close();
});

describeByteSource("an HTTP source", async (bytes) => {
  const server = await startServer(bytes);
  return { source: await createHttpByteSource(server.url), close: () => server.close() };
});

describeByteSource("an HTTP source whose server ignores ranges", async (bytes) => {
  const server = await startServer(bytes, { ignoreRange: true });
  return { source: await createHttpByteSource(server.url), close: () => server.close() };
});

describe("requests", () => {
  test("one byte to learn the size, then one request a read, with the caller's headers", async () => {
    const server = await serve();
    const source = await createHttpByteSource(server.url, { headers: { "x-token": "t" } });
    await collectBytes(source.read({ offset: 10, length: 20 }));
    expect(server.requests.map(({ headers }) => headers.range)).toEqual(["bytes=0-0", "bytes=10-29"]);
    expect(server.requests.map(({ headers }) => headers["x-token"])).toEqual(["t", "t"]);
    // A page of another origin would need a preflight for it.
    expect(server.requests[1]?.headers["if-range"]).toBeUndefined();
    expect(server.requests[1]?.headers["accept-encoding"]).toBe("identity");
  });
  test("none before the first read when the size is given", async () => {
    const server = await serve();
    const source = await createHttpByteSource(server.url, { size: content.length });
    expect(server.requests).toHaveLength(0);
    expect(await collectBytes(source.read({ offset: 0, length: 5 }))).toEqual(content.slice(0, 5));
  });
  test("none for no bytes", async () => {
    const server = await serve();
    const source = await createHttpByteSource(server.url, { size: content.length });
    await collectBytes(source.read({ offset: 3, length: 0 }));
    expect(server.requests).toHaveLength(0);
  });
  test("by the caller's fetch", async () => {
    const server = await serve();
    const asked: unknown[] = [];
    const source = await createHttpByteSource(server.url, {
      fetch: (input, init) => {
        asked.push(input);
        return fetch(input, init);
      },
    });
    expect(source.size).toBe(content.length);
    expect(asked).toEqual([server.url]);
  });
});

describe("the name of an HTTP source", () => {
  test("is its URL without the query, and its version", async () => {
    const server = await serve();
    const { id } = await createHttpByteSource(server.url);
    expect(id).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/dir\/data\.blob#"v1"$/);
    expect((await createHttpByteSource(server.url, { id: "mine" })).id).toBe("mine");
  });
  test("is shared with nobody when there is no strong version", async () => {
    for (const etag of ["", 'W/"weak"']) {
      const server = await serve({ etag });
      const [a, b] = [await createHttpByteSource(server.url), await createHttpByteSource(server.url)];
      expect(a.id).not.toBe(b.id);
      expect(a.id).not.toContain("secret");
    }
  });
});

describe("a server that sends something else", () => {
  const cases: [string, Quirks, string, RegExp][] = [
    ["another range", { contentRange: `bytes 11-30/${content.length}` }, "SourceMismatch", /was asked for/],
    ["a shorter range", { contentRange: `bytes 10-20/${content.length}` }, "SourceMismatch", /was asked for/],
    ["a range of another size", { contentRange: "bytes 10-29/1000" }, "SourceMismatch", /has 1000 bytes/],
    ["a range without saying which", { contentRange: "" }, "SourceMismatch", /Access-Control-Expose-Headers/],
    ["a range in other units", { contentRange: "pages 10-29/100000" }, "SourceMismatch", /was asked for/],
    ["less than it announced", { missing: 5 }, "SourceMismatch", /ended 5 bytes early/],
    ["more than it announced", { missing: -5 }, "SourceMismatch", /sent more than/],
    ["another version", { etag: '"v2"' }, "SourceMismatch", /was replaced/],
    ["what it no longer has a version for", { etag: "" }, "SourceMismatch", /was replaced/],
    ["something encoded", { contentEncoding: "br" }, "SourceMismatch", /encoded/],
    ["an error", { status: 500 }, "Http", /status 500/],
    ["that it is gone", { status: 404 }, "NotFound", /status 404/],
    ["that it is not allowed", { status: 403 }, "Http", /status 403/],
    ["that the range is not there", { status: 416 }, "SourceMismatch", /any more/],
    ["half of it", { breakAfter: 7 }, "Network", /broke off/],
  ];
  for (const [what, quirks, code, message] of cases) {
    test(`${what} is ${code}`, async () => {
      const server = await serve();
      const source = await createHttpByteSource(server.url);
      server.quirks = quirks;
      const read = collectBytes(source.read({ offset: 10, length: 20 }));
      await expect(read).rejects.toMatchObject({
        name: "FormatError",
        code,
        message: expect.stringMatching(message),
      });
      await expect(read).rejects.not.toMatchObject({ message: expect.stringContaining("secret") });
    });
  }

  test("a replaced resource without ranges is noticed by its size", async () => {
    const server = await serve({ ignoreRange: true, etag: "" });
    const source = await createHttpByteSource(server.url);
    server.bytes = content.subarray(0, 500);
    await expect(collectBytes(source.read({ offset: 0, length: 5 }))).rejects.toMatchObject({
      code: "SourceMismatch",
    });
  });
  test("a resource that does not say how large it is needs a size", async () => {
    const server = await serve({ ignoreRange: true, noContentLength: true });
    await expect(createHttpByteSource(server.url)).rejects.toMatchObject({ code: "Http" });
    const source = await createHttpByteSource(server.url, { size: content.length });
    expect(await collectBytes(source.read({ offset: 99_990, length: 10 }))).toEqual(content.slice(99_990));
  });
  test("a server that is not there is Http, with the reason as cause", async () => {
    const server = await startServer(content);
    await server.close();
    const opening = createHttpByteSource(server.url);
    await expect(opening).rejects.toMatchObject({ code: "Network", cause: expect.any(Error) });
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining("secret") });
  });
  test("what is no URL is an InvalidArgument", async () => {
    await expect(createHttpByteSource("data.blob")).rejects.toMatchObject({ code: "InvalidArgument" });
    await expect(createHttpByteSource("http://127.0.0.1/x", { size: -1 })).rejects.toMatchObject({
      code: "InvalidArgument",
    });
  });
});

test("a read that is left early lets go of its connection", async () => {
  const large = new Uint8Array(50_000_000);
  const server = await serve({}, large);
  const source = await createHttpByteSource(server.url);
  for await (const chunk of source.read({ offset: 0, length: large.length })) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  // A connection whose body is not read to the end cannot be used again: it has to be closed.
  while (server.open > 1) await new Promise((resolve) => setImmediate(resolve));
  expect(server.open).toBeLessThanOrEqual(1);
});
