import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { ByteRange, ByteSource, SignalOptions } from "../sources/byte-source.js";
import type { ContentSource } from "./content-reader.js";
import { readContent, streamContent } from "./content-reader.js";
import type { Entry } from "../entry.js";
import { resolveLimits } from "./read-limits.js";
import { collectBytes } from "../testing/collect.js";
import { turnBytes } from "../zstd/turns.js";
import type { ZstdDecoder } from "../zstd/codec.js";

const sha256 = (bytes: Uint8Array): Uint8Array => new Uint8Array(createHash("sha256").update(bytes).digest());
const content = new Uint8Array(Buffer.from("0123456789"));
const none = { range: undefined, signal: undefined };

interface Reading {
  readonly source: ContentSource;
  /** What was asked of source and codec. */
  readonly asked: unknown[];
}

/**
 * A source that gives these chunks of stored bytes, and a codec to which each stored byte stands for `unfold` bytes:
 * itself and those after it.
 */
function reading(
  chunks: (range: ByteRange, options?: SignalOptions) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { unfold = 1, maxFileBytes }: { readonly unfold?: number; readonly maxFileBytes?: number } = {},
): Reading {
  const asked: unknown[] = [];
  const contentOf = (byte: number): Uint8Array => Uint8Array.from({ length: unfold }, (_, i) => byte + i);
  /** Bytes that stand for themselves stay together, and of long chunks only the length matters. */
  const contentsOf = (chunk: Uint8Array): readonly Uint8Array[] => {
    if (unfold === 1) return [chunk];
    return chunk.length > 100 ? [new Uint8Array(chunk.length * unfold)] : Array.from(chunk, contentOf);
  };
  const data: ByteSource = {
    id: "any",
    size: 1000,
    async *read(range, options) {
      asked.push([range.offset, range.length]);
      yield* chunks(range, options);
    },
  };
  const zstd: ZstdDecoder = {
    name: "any",
    decompress(stored) {
      asked.push("decompress");
      return new Uint8Array(Buffer.concat(contentsOf(stored)));
    },
    stream() {
      asked.push("stream");
      return {
        *push(chunk) {
          yield* contentsOf(chunk);
        },
        end: () => void asked.push("end"),
        close: () => void asked.push("close"),
      };
    },
  };
  const hasher = (): { update: (bytes: Uint8Array) => void; digest: () => Uint8Array } => {
    const hash = createHash("sha256");
    return { update: (bytes) => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) };
  };
  const limits = resolveLimits({ maxFileBytes });
  return { source: { data, zstd, sha256: { hash: sha256, create: hasher }, limits }, asked };
}

/** The bytes of `whole` in chunks of `chunkBytes`. */
const cut =
  (whole: Uint8Array, chunkBytes = whole.length) =>
  ({ offset, length }: ByteRange): Uint8Array[] => {
    const part = whole.subarray(offset, offset + length);
    const count = Math.ceil(part.length / chunkBytes);
    return Array.from({ length: count }, (_, i) => part.slice(i * chunkBytes, (i + 1) * chunkBytes));
  };

function entry(change: Partial<Entry> = {}): Entry {
  return {
    path: "a/b",
    size: 10,
    storedSize: 10,
    dataOffset: 0,
    hash: sha256(content),
    mode: 0,
    uid: 0,
    gid: 0,
    mtimeNs: 0n,
    compression: "zstd",
    ...change,
  };
}

describe("a whole file", () => {
  test("that is small is decompressed in one piece, from the place where it is stored", async () => {
    const { source, asked } = reading(cut(Buffer.concat([Buffer.from("abc"), content]), 4));
    expect(await readContent(source, entry({ dataOffset: 3 }), none)).toEqual(content);
    expect(asked).toEqual([[3, 10], "decompress"]);
  });

  test("with more than 4 MiB of content is not", async () => {
    const most = 4 * 1024 * 1024;
    const zeros = new Uint8Array(2 * most + 1);
    const of = async (size: number, storedSize: number): Promise<unknown> => {
      const { source, asked } = reading(cut(zeros));
      const hash = sha256(new Uint8Array(size));
      await readContent(source, entry({ size, storedSize, hash }), none).catch(() => {});
      return asked.find((one) => typeof one === "string");
    };
    expect(await of(turnBytes, most)).toBe(undefined);
    expect(await of(turnBytes, turnBytes)).toBe("decompress");
    // In turns.
    expect(await of(turnBytes + 1, turnBytes)).toBe("stream");
    expect(await of(most, most)).toBe("stream");
    expect(await of(most + 1, most)).toBe("stream");
  });

  test.each([
    ["far more than the content can take", 1000, 1000 + 62 + 64 * 1024 + 1, /far more than the 1000/],
    [
      "less than any frame needs",
      128 * 1024 + 1,
      13,
      /promises 131073 bytes, which no frame holds in the 13/,
    ],
    ["nothing", 1, 0, /no frame holds/],
  ])("with %s stored is asked for nothing, and is given no memory", async (_what, size, storedSize, why) => {
    const { source, asked } = reading(cut(new Uint8Array(100_000)));
    for (const range of [undefined, { offset: 0, length: 1 }]) {
      const options = { range, signal: undefined };
      const refused = { code: "Decompression", path: "a/b", message: expect.stringMatching(why) as unknown };
      const lying = entry({ size, storedSize });
      await expect(readContent(source, lying, options)).rejects.toMatchObject(refused);
      await expect(collectBytes(streamContent(source, lying, options))).rejects.toMatchObject(refused);
    }
    expect(asked).toEqual([]);
    // One byte less, or more, may be true.
    const possible = entry({
      size,
      storedSize: storedSize > size ? storedSize - 1 : Math.max(14, storedSize),
    });
    await readContent(source, possible, none).catch(() => undefined);
    expect(asked).not.toEqual([]);
  });

  test("without content is nothing to ask for, whatever is stored for it", async () => {
    for (const compression of ["zstd", "none"] as const) {
      const { source, asked } = reading(() => []);
      const empty = entry({ size: 0, storedSize: 13, hash: sha256(new Uint8Array(0)), compression });
      expect(await readContent(source, empty, none)).toHaveLength(0);
      expect(await collectBytes(streamContent(source, empty, none))).toHaveLength(0);
      expect(asked).toEqual([]);
    }
  });

  test("has the hash that the index says, in all its bytes", async () => {
    for (const hash of [
      new Uint8Array(32),
      sha256(content).subarray(0, 31),
      Buffer.concat([sha256(content), content]),
    ]) {
      for (const compression of ["zstd", "none"] as const) {
        const { source } = reading(cut(content));
        const other = entry({ hash, compression });
        const mismatch = { code: "HashMismatch", path: "a/b" };
        await expect(readContent(source, other, none)).rejects.toMatchObject(mismatch);
        await expect(collectBytes(streamContent(source, other, none))).rejects.toMatchObject(mismatch);
      }
    }
  });

  test("may be as large as the limit", async () => {
    const { source, asked } = reading(cut(content), { maxFileBytes: 10 });
    expect(await readContent(source, entry(), none)).toEqual(content);
    asked.length = 0;
    await expect(readContent(source, entry({ size: 11 }), none)).rejects.toMatchObject({
      code: "SizeExceeded",
    });
    expect(asked).toEqual([]);
  });

  test("for which nothing is stored asks for nothing", async () => {
    const { source, asked } = reading(cut(content));
    await readContent(source, entry({ storedSize: 0 }), none).catch(() => {});
    await collectBytes(streamContent(source, entry({ storedSize: 0 }), none)).catch(() => {});
    expect(asked.filter((one) => Array.isArray(one))).toEqual([]);
  });

  test("of a compression that is not known is not asked for", async () => {
    const { source, asked } = reading(cut(content));
    const unknown = entry({ compression: "unknown" });
    const unsupported = { code: "Unsupported", path: "a/b" };
    await expect(readContent(source, unknown, none)).rejects.toMatchObject(unsupported);
    await expect(collectBytes(streamContent(source, unknown, none))).rejects.toMatchObject(unsupported);
    expect(asked).toEqual([]);
  });

  test("streamed ends when the codec says that nothing is missing", async () => {
    const { source, asked } = reading(cut(content, 3));
    expect(await collectBytes(streamContent(source, entry(), none))).toEqual(content);
    expect(asked).toEqual(["stream", [0, 10], "end", "close"]);
  });

  test("of a codec that gives more than it should does not go beyond its memory", async () => {
    const large = 4 * 1024 * 1024 + 1;
    const { source } = reading(cut(new Uint8Array(large)), { unfold: 2 });
    await expect(readContent(source, entry({ size: large, storedSize: large }), none)).rejects.toMatchObject({
      code: "SourceMismatch",
      path: "a/b",
    });
  });
});

describe("a part of a file", () => {
  const part = async (
    { source }: Reading,
    offset: number,
    length: number,
    change: Partial<Entry> = {},
  ): Promise<string> => {
    const range = { offset, length };
    const read = await readContent(source, entry(change), { range, signal: undefined });
    const streamed = await collectBytes(streamContent(source, entry(change), { range, signal: undefined }));
    expect(streamed).toEqual(read);
    return Buffer.from(read).toString();
  };

  test("is the same however the content is cut, and whatever the hash of the whole is", async () => {
    const hash = new Uint8Array(32);
    for (const chunkBytes of [1, 3, 10]) {
      for (const [offset, length, expected] of [
        [0, 3, "012"],
        [2, 1, "2"],
        [2, 5, "23456"],
        [3, 3, "345"],
        [9, 1, "9"],
        [4, 0, ""],
      ] as const) {
        for (const compression of ["zstd", "none"] as const) {
          const change = { hash, compression };
          expect(await part(reading(cut(content, chunkBytes)), offset, length, change)).toBe(expected);
        }
      }
    }
  });

  test("that is empty is nothing to ask for", async () => {
    const empty = reading(cut(content));
    expect(await part(empty, 3, 0)).toBe("");
    expect(empty.asked).toEqual([]);
  });

  test("of compressed content ends with its last byte: nothing is decompressed behind it", async () => {
    const given: number[] = [];
    const { source, asked } = reading(function* () {
      for (const byte of content) {
        given.push(byte);
        yield Uint8Array.of(byte);
      }
    });
    const range = { offset: 2, length: 3 };
    const read = await readContent(source, entry(), { range, signal: undefined });
    expect(Buffer.from(read).toString()).toBe("234");
    expect(given).toHaveLength(5);
    expect(asked).not.toContain("end");
    expect(asked.at(-1)).toBe("close");
  });

  test("comes in chunks that have something in them", async () => {
    const { source } = reading(cut(content, 3));
    const lengths: number[] = [];
    const options = { range: { offset: 3, length: 4 }, signal: undefined };
    for await (const { length } of streamContent(source, entry(), options)) lengths.push(length);
    expect(lengths).toEqual([3, 1]);
  });

  test("outside of the file is refused before anything is asked or made", async () => {
    const { source, asked } = reading(cut(content), { maxFileBytes: 3 });
    for (const [offset, length] of [
      [0, 11],
      [5, 6],
      [0, -1],
      [0, Number.NaN],
      [-1, 2],
    ] as const) {
      const options = { range: { offset, length }, signal: undefined };
      const invalid = { code: "InvalidArgument", path: "a/b" };
      await expect(readContent(source, entry(), options)).rejects.toMatchObject(invalid);
      await expect(collectBytes(streamContent(source, entry(), options))).rejects.toMatchObject(invalid);
    }
    expect(asked).toEqual([]);
  });

  test("may be read of a file that is larger than the limit, which counts for the part", async () => {
    const small = reading(cut(content), { maxFileBytes: 3 });
    expect(await part(small, 5, 3)).toBe("567");
    const range = { offset: 5, length: 4 };
    await expect(readContent(small.source, entry(), { range, signal: undefined })).rejects.toMatchObject({
      code: "SizeExceeded",
    });
  });
});

describe("an abort", () => {
  const reason = new Error("changed my mind");
  const withSignal = (signal: AbortSignal): { range: undefined; signal: AbortSignal } => ({
    range: undefined,
    signal,
  });

  test("before the beginning asks for nothing", async () => {
    const { source, asked } = reading(cut(content));
    const options = withSignal(AbortSignal.abort(reason));
    await expect(readContent(source, entry(), options)).rejects.toBe(reason);
    await expect(collectBytes(streamContent(source, entry(), options))).rejects.toBe(reason);
    const empty = entry({ size: 0, hash: sha256(new Uint8Array(0)) });
    await expect(readContent(source, empty, options)).rejects.toBe(reason);
    await expect(collectBytes(streamContent(source, empty, options))).rejects.toBe(reason);
    expect(asked).toEqual([]);
  });

  test("ends the reading of a source that does not look at its signal, or ends quietly", async () => {
    for (const isQuiet of [true, false]) {
      for (const compression of ["zstd", "none"] as const) {
        const controller = new AbortController();
        const { source, asked } = reading(function* () {
          yield content.subarray(0, 5);
          controller.abort(reason);
          if (!isQuiet) yield content.subarray(5);
        });
        const options = withSignal(controller.signal);
        const got: number[] = [];
        const read = async (): Promise<void> => {
          for await (const chunk of streamContent(source, entry({ compression }), options)) {
            got.push(chunk.length);
          }
        };
        await expect(read()).rejects.toBe(reason);
        expect(got).toEqual([5]);
        if (compression === "zstd") expect(asked.at(-1)).toBe("close");
      }
    }
  });

  test("does not wait until all content of a chunk is there", async () => {
    const controller = new AbortController();
    const twice = new Uint8Array(20);
    const { source } = reading(cut(twice), { unfold: 2 });
    const got: number[] = [];
    const read = async (): Promise<void> => {
      const folded = entry({ size: 20, storedSize: 10, hash: sha256(twice) });
      for await (const chunk of streamContent(source, folded, withSignal(controller.signal))) {
        got.push(chunk.length);
        controller.abort(reason);
      }
    };
    await expect(read()).rejects.toBe(reason);
    expect(got).toEqual([2]);
  });

  test("is told to the source", async () => {
    const signals: unknown[] = [];
    const { source } = reading((range, options) => {
      signals.push(options?.signal);
      return cut(content)(range);
    });
    const { signal } = new AbortController();
    await readContent(source, entry(), withSignal(signal));
    expect(signals).toEqual([signal]);
  });
});
