import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";

import type { Archive, ContentRange } from "./archive.js";
import { createArchiveHandler } from "./handler/index.js";
import { archiveFileSystem } from "./node/index.js";
import type { ChunkStore } from "./reading/chunk-store.js";
import { chunkedArchive } from "./testing/chunked-archive.js";
import type { ChunkedArchive, FileInChunks } from "./testing/chunked-archive.js";
import { collectBytes } from "./testing/collect.js";
import { chunkBytes, expectNoReads, log } from "./testing/cut-files.js";
import { noise } from "./testing/sample-content.js";

/** Around the boundaries of chunks, stored as they are and compressed, cut in both ways; twice, and not at all. */
const files: readonly FileInChunks[] = [
  ...[
    1,
    chunkBytes - 1,
    chunkBytes,
    chunkBytes + 1,
    3 * chunkBytes - 1,
    3 * chunkBytes,
    3 * chunkBytes + 1,
  ].flatMap((size): FileInChunks[] => [
    { path: `stored-${size}`, content: noise(size, `stored ${size}`), cuts: chunkBytes },
    { path: `log-${size}`, content: log(size, `log ${size}`), cuts: chunkBytes, compression: "zstd" },
  ]),
  {
    path: "again",
    content: log(3 * chunkBytes, `log ${3 * chunkBytes}`),
    cuts: chunkBytes,
    compression: "zstd",
  },
  { path: "by-content", content: noise(30_000), cuts: [4096, 9000, 12_000, 4900, 4] },
  {
    path: "by-content.log",
    content: log(30_000, "c"),
    cuts: [5000, 4096, 16_000, 4904],
    compression: "zstd",
  },
  { path: "one-chunk.log", content: log(10_000, "one"), cuts: 16_384, compression: "zstd" },
  { path: "uncut", content: noise(10_000, "uncut") },
  { path: "uncut.log", content: log(10_000, "uncut"), compression: "zstd" },
  { path: "empty", content: new Uint8Array(0) },
];

const contents = new Map(files.map(({ path, content }) => [path, Buffer.from(content)]));

/** Everything that reads a range. Each makes sure that what it gives is the caller's, by spoiling it afterwards. */
type ReadRange = (
  archive: Archive,
  path: string,
  range: ContentRange,
  signal: AbortSignal,
) => Promise<Uint8Array>;

async function takeAll(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Buffer[] = [];
  for await (const piece of pieces) {
    all.push(Buffer.from(piece));
    piece.fill(0x55);
  }
  return Buffer.concat(all);
}

const readers: Readonly<Record<string, ReadRange>> = {
  readFile: async (archive, path, range, signal) => {
    const content = await archive.readFile(path, { range, signal });
    const copy = Buffer.from(content);
    content.fill(0x55);
    return copy;
  },
  stream: (archive, path, range, signal) => takeAll(archive.stream(path, { range, signal })),
  handler: async (archive, path, { offset, length }, signal) => {
    if (length === 0) return new Uint8Array(0);
    const headers = { range: `bytes=${offset}-${offset + length - 1}` };
    const response = await createArchiveHandler(archive)(
      new Request(`http://example.org/${path}`, { headers, signal }),
    );
    expect(response.status).toBe(206);
    return Buffer.from(await response.arrayBuffer());
  },
  handle: async (archive, path, { offset, length }, signal) => {
    const handle = await archiveFileSystem(archive).promises.open(`/${path}`);
    try {
      const target = Buffer.alloc(length);
      let filled = 0;
      while (filled < length) {
        signal.throwIfAborted();
        const { bytesRead } = await handle.read(target, filled, length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return target.subarray(0, filled);
    } finally {
      await handle.close();
    }
  },
  createReadStream: async (archive, path, { offset, length }, signal) => {
    if (length === 0) return new Uint8Array(0);
    const options = { start: offset, end: offset + length - 1, signal };
    return collectBytes(archiveFileSystem(archive).createReadStream(`/${path}`, options));
  },
};

/** A store that has some of what it was given, and fails now and then. */
function fickleStore(): ChunkStore {
  const kept = new Map<string, Uint8Array>();
  let calls = 0;
  const mood = async (): Promise<void> => {
    await Promise.resolve();
    calls += 1;
    if (calls % 5 === 0) throw new Error("the store has a bad day");
  };
  const keyOf = (hash: Uint8Array): string => Buffer.from(hash).toString("hex");
  return {
    async get(hash, { maxBytes }) {
      await mood();
      const content = kept.get(keyOf(hash));
      if (calls % 7 === 0) return content?.slice(1);
      return content === undefined || content.length > maxBytes ? undefined : content.slice();
    },
    async put(hash, content) {
      await mood();
      const bytes = Buffer.concat(Array.from(content));
      if (calls % 2 === 0) kept.set(keyOf(hash), bytes);
    },
  };
}

let chunked: ChunkedArchive;

beforeAll(async () => {
  chunked = await chunkedArchive(files);
});

const read = fc.record({
  path: fc.constantFrom(...contents.keys()),
  reader: fc.constantFrom(...Object.keys(readers)),
  from: fc.nat({ max: 30_000 }),
  /** How far from a boundary of chunks the range begins. */
  nearBoundary: fc.option(fc.integer({ min: -1, max: 1 })),
  length: fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 30_000 })),
  abort: fc.oneof(
    { weight: 4, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.nat({ max: 12 }) },
  ),
});

const scenario = fc.record({
  reads: fc.array(read, { minLength: 1, maxLength: 16 }),
  hasStore: fc.boolean(),
  maxKeptBytes: fc.constantFrom(undefined, 0, 2 * chunkBytes),
});

test("any range of any file is that of the source, whoever reads it and whoever leaves", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ reads, hasStore, maxKeptBytes }) => {
      const store = hasStore ? fickleStore() : undefined;
      const archive = chunked.open({ chunks: { store }, limits: { maxKeptBytes } });
      await Promise.all(
        reads.map(async ({ path, reader, from, nearBoundary, length, abort }) => {
          const content = contents.get(path) ?? Buffer.alloc(0);
          const start =
            nearBoundary === null ? from : Math.floor(from / chunkBytes) * chunkBytes + nearBoundary;
          const offset = Math.max(0, Math.min(start, content.length));
          const range = { offset, length: Math.min(length, content.length - offset) };
          const controller = new AbortController();
          const reading = readers[reader]?.(archive, path, range, controller.signal);
          const reason = new Error("not wanted any more");
          if (abort !== undefined) {
            for (let turn = 0; turn < abort; turn++) await Promise.resolve();
            controller.abort(reason);
          }
          try {
            const expected = content.subarray(offset, offset + range.length);
            expect(Buffer.compare((await reading) ?? new Uint8Array(0), expected)).toBe(0);
          } catch (error) {
            if (abort === undefined) throw error;
            // Streams of Node have an error of their own for an abort, with its reason as the cause.
            const cause = error instanceof Error && error.name === "AbortError" ? error.cause : error;
            expect(cause).toBe(reason);
          }
        }),
      );
      await expectNoReads(chunked);
    }),
    { numRuns: 150 },
  );
});
