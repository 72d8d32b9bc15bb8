import { once } from "node:events";
import { gunzipSync, gzipSync, brotliCompressSync, createGzip } from "node:zlib";
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { Archive } from "../archive.js";
import { isFormatError } from "../errors.js";
import { loadZstdDecoder, nodeSha256 } from "../node/index.js";
import { noise, text } from "../testing/sample-content.js";
import { treeArchive } from "../testing/tree-archive.js";
import type { TreeArchiveOptions } from "../testing/tree-archive.js";
import type { FileResponderOptions } from "./file-responder.js";
import { createFileResponder } from "./file-responder.js";

type Headers = Readonly<Record<string, string>>;
type Ask = (path: string, headers?: Headers, init?: RequestInit) => Promise<Response>;

const codecs = { zstd: await loadZstdDecoder(), sha256: nodeSha256 };

function responder(archive: Archive, options: FileResponderOptions = {}): Ask {
  const respond = createFileResponder(archive, { ...codecs, ...options });
  return async (path, headers = {}, init = {}) => {
    const entry = archive.entry(path);
    if (entry === undefined) throw new Error(path);
    return respond(new Request("http://example.org/", { ...init, headers }), entry);
  };
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

const hexOf = (archive: Archive, path: string): string =>
  Buffer.from(archive.entry(path)?.hash ?? []).toString("hex");

const large = noise(5_000_000);
const largeText = Buffer.from(Array.from({ length: 500_000 }, (_, i) => `line ${i}\n`).join(""));

describe("ranges and conditions, whatever is asked", () => {
  const content = noise(1000);

  test("a range is exactly these bytes, the whole file, or refused with its size", async () => {
    const ask = responder(await treeArchive({ file: content }));
    const bound = fc.oneof(fc.constant(""), fc.nat(1200).map(String), fc.constant("99999999999999999999"));
    const header = fc.oneof(
      fc.tuple(bound, bound).map(([from, to]) => `bytes=${from}-${to}`),
      fc.string({ unit: fc.constantFrom("bytes", "=", "-", ",", "0", "5", " ", "x"), maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(header, async (range) => {
        const response = await ask("file", { range });
        const body = await bytesOf(response);
        if (response.status === 200) {
          expect(body.equals(content)).toBe(true);
          expect(response.headers.get("content-range")).toBeNull();
        } else if (response.status === 206) {
          const [, from = "", to = ""] =
            /^bytes (\d+)-(\d+)\/1000$/u.exec(response.headers.get("content-range") ?? "") ?? [];
          const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/iu.exec(range.trim()) ?? [];
          // A second way to say what RFC 9110, 14.1.2 means.
          const start = first === "" ? Math.max(0, 1000 - Number(last)) : Number(first);
          const end = first === "" || last === "" ? 999 : Math.min(999, Number(last));
          expect([Number(from), Number(to)]).toEqual([start, end]);
          expect(body.equals(content.subarray(start, end + 1))).toBe(true);
        } else {
          expect(response.status).toBe(416);
          expect(response.headers.get("content-range")).toBe("bytes */1000");
          expect(body).toHaveLength(0);
        }
        if (response.status !== 416) expect(response.headers.get("content-length")).toBe(String(body.length));
      }),
      { numRuns: 300 },
    );
  });

  test("conditions are taken in the order of RFC 9110, 13.2.2", async () => {
    const mtimeNs = 1_700_000_000_000_000_000n;
    const archive = await treeArchive({ file: content }, { mtimeNs });
    const ask = responder(archive);
    const etag = `"${hexOf(archive, "file")}"`;
    const date = (days: number): string => new Date(1_700_000_000_000 + days * 86_400_000).toUTCString();
    const tag = fc.option(fc.constantFrom(etag, '"other"', `W/${etag}`, `"x", ${etag}`, "*"), {
      nil: undefined,
    });
    const time = fc.option(fc.constantFrom(-1, 0, 1), { nil: undefined });
    const asked = fc.record({
      match: tag,
      noneMatch: tag,
      since: time,
      unmodified: time,
      ifRange: fc.option(fc.constantFrom(etag, '"other"', `W/${etag}`, date(0), date(1)), { nil: undefined }),
      range: fc.boolean(),
      method: fc.constantFrom("GET", "HEAD"),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ match, noneMatch, since, unmodified, ifRange, range, method }) => {
        const headers: Record<string, string> = {};
        if (match !== undefined) headers["if-match"] = match;
        if (noneMatch !== undefined) headers["if-none-match"] = noneMatch;
        if (since !== undefined) headers["if-modified-since"] = date(since);
        if (unmodified !== undefined) headers["if-unmodified-since"] = date(unmodified);
        if (ifRange !== undefined) headers["if-range"] = ifRange;
        if (range) headers["range"] = "bytes=0-9";
        const { status } = await ask("file", headers, { method });
        const isNamed = (list: string, weak: boolean): boolean =>
          list === "*" || list === etag || list === `"x", ${etag}` || (weak && list === `W/${etag}`);
        const expected = ((): number => {
          if (match === undefined ? unmodified === -1 : !isNamed(match, false)) return 412;
          if (noneMatch === undefined ? since !== undefined && since >= 0 : isNamed(noneMatch, true))
            return 304;
          const holds = ifRange === undefined || ifRange === etag || ifRange === date(0);
          return range && holds && method === "GET" ? 206 : 200;
        })();
        expect(status).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test.each(["none", "zstd"] as const)(
    "parts of a large file that is stored with %s",
    async (compression) => {
      const ask = responder(await treeArchive({ "large.txt": largeText }, { compression }));
      for (const [range, start, end] of [
        ["bytes=0-9", 0, 10],
        ["bytes=4500000-4500009", 4_500_000, 4_500_010],
        ["bytes=-5", largeText.length - 5, largeText.length],
      ] as const) {
        const response = await ask("large.txt", { range, "accept-encoding": "zstd" });
        expect([response.status, response.headers.get("content-encoding")]).toEqual([206, null]);
        expect((await bytesOf(response)).equals(largeText.subarray(start, end))).toBe(true);
      }
    },
  );
});

describe("compressed answers", () => {
  const page = text(20_000);

  test("stored frames, for who takes them, with a tag of their own and the length of what is sent", async () => {
    const archive = await treeArchive(
      { "large.txt": largeText, "page.txt": page, "photo.jpg": large },
      { compression: "zstd" },
    );
    const ask = responder(archive);
    for (const [path, content] of [
      ["page.txt", Buffer.from(page)],
      ["large.txt", largeText],
    ] as const) {
      const response = await ask(path, { "accept-encoding": "gzip, br;q=0.9, zstd" });
      const body = await bytesOf(response);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "content-encoding": "zstd",
        "content-length": String(body.length),
        etag: `W/"${hexOf(archive, path)}-zstd"`,
        vary: "Accept-Encoding",
      });
      expect(Buffer.compare(codecs.zstd.decompress(body, { path, size: content.length }), content)).toBe(0);
      const head = await ask(path, { "accept-encoding": "gzip, br;q=0.9, zstd" }, { method: "HEAD" });
      expect([...head.headers]).toEqual([...response.headers]);
      const asItIs = await ask(path);
      expect(Object.fromEntries(asItIs.headers)).toMatchObject({
        "content-length": String(content.length),
        etag: `"${hexOf(archive, path)}"`,
        vary: "Accept-Encoding",
      });
      expect((await bytesOf(asItIs)).equals(content)).toBe(true);
    }
    expect((await ask("photo.jpg", { "accept-encoding": "zstd" })).headers.get("vary")).toBeNull();
  });

  test("who asks by If-Match gets the form that it names", async () => {
    const archive = await treeArchive({ "page.txt": page }, { compression: "zstd" });
    const ask = responder(archive);
    const headers = { "accept-encoding": "zstd", "if-match": `"${hexOf(archive, "page.txt")}"` };
    const response = await ask("page.txt", headers);
    expect([response.status, await response.text()]).toEqual([200, page]);
  });

  const siblings = {
    "page.html": page,
    "page.html.br": brotliCompressSync(page),
    "page.html.gz": gzipSync(page),
  };

  test.each<readonly [string, string | null]>([
    ["br", "br"],
    ["gzip", "gzip"],
    ["x-gzip", "gzip"],
    ["gzip, br", "br"],
    ["gzip;q=1.0, br;q=0.5", "gzip"],
    ["zstd;q=0.4, br;q=0.5", "br"],
    ["zstd, gzip", "zstd"],
    ["br;q=0, gzip;q=0.001", "gzip"],
    ["identity, gzip;q=0.5", null],
    ["identity;q=0.5, gzip;q=0.5", "gzip"],
    ["identity;q=0, br", "br"],
    ["*", "br"],
    ["*;q=0.1, br;q=0", "zstd"],
    ["br;q=2", null],
    ["br;q=0.0001", null],
    ["deflate", null],
    ["", null],
  ])("Accept-Encoding: %s gets %s", async (accepted, coding) => {
    const archive = await treeArchive(siblings, { compression: "zstd" });
    const response = await responder(archive, { precompressed: true })("page.html", {
      "accept-encoding": accepted,
    });
    const { headers } = response;
    expect(headers.get("content-encoding")).toBe(coding);
    expect(headers.get("content-type")).toBe("text/html; charset=utf-8");
    const body = await bytesOf(response);
    expect(headers.get("content-length")).toBe(String(body.length));
    if (coding !== "br" && coding !== "gzip") return;
    const path = coding === "br" ? "page.html.br" : "page.html.gz";
    expect(body.equals(siblings[path])).toBe(true);
    // Exactly these bytes, and no others of the same hash.
    expect(headers.get("etag")).toBe(`"${hexOf(archive, path)}-${coding}"`);
    const again = { "accept-encoding": accepted, "if-none-match": headers.get("etag") ?? "" };
    expect((await responder(archive, { precompressed: true })("page.html", again)).status).toBe(304);
  });

  test("siblings are not used unless it is said that they are the same", async () => {
    const ask = responder(await treeArchive(siblings));
    const { headers } = await ask("page.html", { "accept-encoding": "br, gzip" });
    expect([headers.get("content-encoding"), headers.get("vary")]).toEqual([null, null]);
  });

  test("texts are compressed on the way where a compressor is given", async () => {
    const gzip: FileResponderOptions["gzip"] = (content) => Readable.from(content).pipe(createGzip());
    const ask = responder(await treeArchive({ "page.html": page, "photo.jpg": large }), { gzip });
    const response = await ask("page.html", { "accept-encoding": "gzip" });
    expect(response.headers.get("content-length")).toBeNull();
    expect(gunzipSync(await bytesOf(response)).toString()).toBe(page);
    expect(
      (await ask("photo.jpg", { "accept-encoding": "gzip" })).headers.get("content-encoding"),
    ).toBeNull();
  });

  test("frames with a window that no browser has are decompressed here", async () => {
    // A frame of one raw block that asks for 16 MiB.
    const content = Buffer.from(text(2000));
    const block = (content.length << 3) | 1;
    const frame = Buffer.concat([
      Buffer.from([
        0x28,
        0xb5,
        0x2f,
        0xfd,
        0x00,
        (24 - 10) << 3,
        block & 0xff,
        (block >> 8) & 0xff,
        block >> 16,
      ]),
      content,
    ]);
    const archive = await treeArchive(
      { a: frame },
      {
        // A file that compresses a little, so that its frame is worth passing on.
        change: (entry) => ({
          ...entry,
          compression: "zstd",
          size: 2000,
          hash: nodeSha256.hash(content),
          storedSize: frame.length,
        }),
      },
    );
    expect(await archive.readFile("a", "utf8")).toBe(content.toString());
    const ask = responder(archive);
    for (const method of ["HEAD", "GET"]) {
      const { headers, status } = await ask("a", { "accept-encoding": "zstd" }, { method });
      expect([status, headers.get("content-encoding"), headers.get("content-length")]).toEqual([
        200,
        null,
        "2000",
      ]);
    }
  });
});

describe("what is wrong is never sent as if it were right", () => {
  const flipLast: TreeArchiveOptions["damage"] = (data, entries) => {
    for (const { dataOffset, storedSize } of entries)
      data[dataOffset + storedSize - 1] = (data[dataOffset + storedSize - 1] ?? 0) ^ 1;
  };

  test.each([
    ["none", "identity"],
    ["zstd", "identity"],
    ["zstd", "zstd"],
  ] as const)("stored with %s, sent as %s", async (compression, coding) => {
    const archive = await treeArchive(
      { "small.txt": text(10_000), "large.txt": largeText },
      { compression, damage: flipLast },
    );
    const errors: unknown[] = [];
    const respond = createFileResponder(archive, codecs);
    const ask = async (path: string): Promise<Response> => {
      const entry = archive.entry(path);
      if (entry === undefined) throw new Error(path);
      const request = new Request("http://example.org/", { headers: { "accept-encoding": coding } });
      return respond(request, entry, { onError: (error) => errors.push(error) });
    };
    const small = await ask("small.txt").catch((error: unknown) => error);
    expect(isFormatError(small)).toBe(true);
    const response = await ask("large.txt");
    let received = 0;
    const failure = await (async (): Promise<unknown> => {
      try {
        for await (const chunk of response.body ?? []) received += chunk.length;
        return "ended well";
      } catch (error) {
        return error;
      }
    })();
    expect(isFormatError(failure)).toBe(true);
    expect(errors).toEqual([failure]);
    // The last chunk was held back: a client that counts knows, too.
    expect(received).toBeLessThan(Number(response.headers.get("content-length")));
  });

  test("a part of a large file, when parts are to be verified", async () => {
    const archive = await treeArchive({ "large.bin": large }, { damage: flipLast });
    const headers = { range: "bytes=100-199" };
    // By default nothing else is read, and nothing says that it is wrong.
    expect(
      (await bytesOf(await responder(archive)("large.bin", headers))).equals(large.subarray(100, 200)),
    ).toBe(true);
    const checked = await responder(archive, { verifyParts: true })("large.bin", headers);
    expect(checked.status).toBe(206);
    await expect(checked.arrayBuffer()).rejects.toThrow(/does not have the content/u);
    const intact = await responder(await treeArchive({ "large.bin": large }), { verifyParts: true })(
      "large.bin",
      headers,
    );
    expect((await bytesOf(intact)).equals(large.subarray(100, 200))).toBe(true);
  });

  test("a source that gives more than is stored", async () => {
    const archive = await treeArchive(
      { "large.txt": largeText },
      {
        compression: "zstd",
        read: (read) =>
          async function* more(range, options) {
            yield* read(range, options);
            // A frame that is skipped: decoders do not mind.
            yield new Uint8Array([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]);
          },
      },
    );
    const response = await responder(archive)("large.txt", { "accept-encoding": "zstd" });
    expect(response.headers.get("content-encoding")).toBe("zstd");
    await expect(response.arrayBuffer()).rejects.toThrow(/gave more/u);
  });

  test("a source that fails once does not make frames unfit for good", async () => {
    let failures = 1;
    const archive = await treeArchive(
      { "small.txt": text(10_000) },
      {
        compression: "zstd",
        read: (read) => (range, options) => {
          if (failures-- > 0) throw new Error("the network is down");
          return read(range, options);
        },
      },
    );
    const ask = responder(archive);
    await expect(ask("small.txt", { "accept-encoding": "zstd" })).rejects.toThrow("the network is down");
    const again = await ask("small.txt", { "accept-encoding": "zstd" });
    expect(again.headers.get("content-encoding")).toBe("zstd");
  });
});

describe("reading goes as far as somebody takes it", () => {
  /** Chunks of 64 KiB, counted; `held` is how many reads are open. */
  async function counted(compression: "none" | "zstd" = "none"): Promise<{
    readonly archive: Archive;
    readonly state: { chunks: number; open: number; aborted: number };
  }> {
    const state = { chunks: 0, open: 0, aborted: 0 };
    const content = compression === "none" ? large : Buffer.concat([large, largeText]);
    const archive = await treeArchive(
      { "large.bin": content },
      {
        compression,
        read: (read) =>
          async function* slow(range, options) {
            state.open += 1;
            options?.signal?.addEventListener("abort", () => (state.aborted += 1));
            try {
              for (let at = range.offset; at < range.offset + range.length; at += 65_536) {
                state.chunks += 1;
                yield* read(
                  { offset: at, length: Math.min(65_536, range.offset + range.length - at) },
                  options,
                );
              }
            } finally {
              state.open -= 1;
            }
          },
      },
    );
    return { archive, state };
  }

  test("nothing before, and one chunk ahead", async () => {
    const { archive, state } = await counted();
    const response = await responder(archive)("large.bin");
    await new Promise(setImmediate);
    expect(state.chunks).toBe(0);
    const reader = response.body?.getReader();
    await reader?.read();
    await new Promise(setImmediate);
    expect(state.chunks).toBe(2);
    await reader?.cancel();
    expect(state.open).toBe(0);
  });

  test.each(["identity", "zstd"])(
    "cancelling a body of %s that nobody began to read frees the source",
    async (coding) => {
      const { archive, state } = await counted("zstd");
      const response = await responder(archive)("large.bin", { "accept-encoding": coding });
      expect(response.headers.get("content-encoding")).toBe(coding === "zstd" ? "zstd" : null);
      await response.body?.cancel();
      expect(state.open).toBe(0);
      const head = await responder(archive)("large.bin", { "accept-encoding": coding }, { method: "HEAD" });
      expect([head.status, state.open]).toEqual([200, 0]);
    },
  );

  test.each(["identity", "zstd"])(
    "an abort of the request stops a body of %s with its reason",
    async (coding) => {
      const { archive, state } = await counted("zstd");
      const controller = new AbortController();
      const respond = createFileResponder(archive, codecs);
      const entry = archive.entry("large.bin");
      if (entry === undefined) throw new Error("The archive has no file");
      const told: unknown[] = [];
      const headers = new Headers({ "accept-encoding": coding });
      const request = { method: "GET", headers, signal: controller.signal };
      const response = await respond(request, entry, { onError: (error) => told.push(error) });
      const reader = response.body?.getReader();
      await reader?.read();
      const reason = new Error("the client left");
      controller.abort(reason);
      await expect(
        (async () => {
          while ((await reader?.read())?.done === false);
        })(),
      ).rejects.toBe(reason);
      expect([state.open, told]).toEqual([0, []]);
      await expect(respond(request, entry)).rejects.toBe(reason);
    },
  );

  test("a source that hangs is told that nobody waits", async () => {
    const hanging = new EventTarget();
    const archive = await treeArchive(
      { "large.bin": large },
      {
        read: () =>
          async function* hang(_range, options) {
            const { signal } = options ?? {};
            yield new Uint8Array(large.subarray(0, 1000));
            hanging.dispatchEvent(new Event("hangs"));
            await new Promise((_resolve, reject) => {
              signal?.addEventListener("abort", () => reject(signal.reason));
            });
          },
      },
    );
    const response = await responder(archive)("large.bin");
    const hangs = once(hanging, "hangs");
    const reader = response.body?.getReader();
    const read = reader?.read();
    await hangs;
    await reader?.cancel();
    expect((await read)?.done).toBe(true);
  });

  test("no listener is left at a signal that lives on", async () => {
    const { archive } = await counted();
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => {
        listeners += 1;
        add(...args);
      },
      removeEventListener: (...args: Parameters<typeof remove>) => {
        listeners -= 1;
        remove(...args);
      },
    });
    const respond = createFileResponder(archive, codecs);
    const entry = archive.entry("large.bin");
    if (entry === undefined) throw new Error("The archive has no file");
    const request = { method: "GET", headers: new Headers(), signal };
    await (await respond(request, entry)).arrayBuffer();
    await (await respond(request, entry)).body?.cancel();
    await respond({ ...request, headers: new Headers({ range: "bytes=0-4" }) }, entry).then((part) =>
      part.text(),
    );
    expect(listeners).toBe(0);
  });
});
