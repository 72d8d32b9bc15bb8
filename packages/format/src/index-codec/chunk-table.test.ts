import { describe, expect, test } from "vitest";

import type { Archive } from "../archive.js";
import type { Entry } from "../entry.js";
import { openArchive } from "../reading/archive-reader.js";
import { expectPartition } from "../testing/expect-partition.js";
import type { RawChunkedFile, RawEntry, RawIndex } from "../testing/raw-index.js";
import { rawIndex } from "../testing/raw-index.js";
import type { FileCuts } from "./file-cuts.js";
import { encodeIndex } from "./index-encoder.js";
import { maxChunkBytes, minChunkBytes } from "./index-schema.js";

function open(index: Uint8Array, size: number): Archive {
  return openArchive(index, { id: "nothing", size, read: () => (async function* () {})() });
}

function openRaw(index: RawIndex): Archive {
  return open(rawIndex(index), Number(index.dataSize ?? 0n));
}

function expectInvalid(index: RawIndex, why: RegExp): void {
  expect(() => openRaw(index)).toThrow(expect.objectContaining({ code: "InvalidIndex" }));
  expect(() => openRaw(index)).toThrow(why);
}

const hashes = (count: number): Uint8Array => new Uint8Array(32 * count).map((_, i) => i >>> 5);

/** 10,000 bytes that are stored as they are, from 0 on. */
const raw = { path: "raw", dataSize: 10_000n, originalSize: 10_000n };
/** 10,000 bytes that take 3000, from 10,000 on. */
const packed = {
  path: "zstd",
  dataOffset: 10_000n,
  dataSize: 3000n,
  originalSize: 10_000n,
  compression: 1,
};
const dataSize = 20_000n;
const entries: readonly RawEntry[] = [raw, packed];
const ofRaw: RawChunkedFile = { entry: 0, chunkSize: 4096, hashes: hashes(3) };
const ofPacked: RawChunkedFile = { ...ofRaw, entry: 1, storedSizes: [1000, 1500, 500] };

const withChunks = (...chunkedFiles: RawChunkedFile[]): RawIndex => ({ entries, dataSize, chunkedFiles });

describe("what an index says of chunks", () => {
  test("is all of a file, in order, without a gap", () => {
    const archive = openRaw(withChunks(ofRaw, ofPacked));
    expect(Array.from(archive.chunks("raw") ?? [], places)).toEqual([
      [0, 0, 4096, 0, 4096],
      [1, 4096, 4096, 4096, 4096],
      [2, 8192, 1808, 8192, 1808],
    ]);
    expect(Array.from(archive.chunks("zstd") ?? [], places)).toEqual([
      [0, 0, 4096, 10_000, 1000],
      [1, 4096, 4096, 11_000, 1500],
      [2, 8192, 1808, 12_500, 500],
    ]);
    expect(archive.chunks("zstd")?.at(2)?.hash).toEqual(new Uint8Array(32).fill(2));
    expect(archive.chunks("zstd")).toMatchObject({ count: 3, chunkSize: 4096, boundaries: "fixed" });
  });

  test("may cut where the content says", () => {
    const sizes = [5000, 4096, 904];
    const archive = openRaw(withChunks({ ...ofRaw, sizes }, { ...ofPacked, sizes }));
    expect(Array.from(archive.chunks("zstd") ?? [], places)).toEqual([
      [0, 0, 5000, 10_000, 1000],
      [1, 5000, 4096, 11_000, 1500],
      [2, 9096, 904, 12_500, 500],
    ]);
    const chunks = archive.chunks("raw");
    expect(chunks?.boundaries).toBe("content");
    expect([0, 4999, 5000, 9095, 9096, 9999].map((at) => chunks?.indexOf(at))).toEqual([0, 0, 1, 1, 2, 2]);
  });

  test("has no chunk outside of it", () => {
    const chunks = openRaw(withChunks(ofRaw)).chunks("raw");
    for (const index of [-1, 3, 0.5, NaN, Infinity, 2 ** 32]) expect(chunks?.at(index)).toBeUndefined();
  });

  test("is found in an index that is in another order, as the Go implementation writes them", () => {
    const unordered = [{ ...packed, path: "b/x" }, { path: "b.txt" }, { ...raw, path: "a" }];
    const chunkedFiles = [
      { ...ofPacked, entry: 0 },
      { ...ofRaw, entry: 2 },
    ];
    const archive = openRaw({ entries: unordered, dataSize, chunkedFiles });
    expect(archive.chunks("b/x")?.at(0)).toMatchObject({ dataOffset: 10_000, storedSize: 1000 });
    expect(archive.chunks("a")?.at(2)).toMatchObject({ dataOffset: 8192, storedSize: 1808 });
    expect(archive.chunks("b.txt")).toBeUndefined();
  });

  test("is true of files with equal content that are stored once, and of no others", () => {
    const others: RawEntry[] = [
      { ...raw, path: "same" },
      { ...raw, path: "tother", hash: new Uint8Array(32) },
      { ...raw, path: "u", compression: 1, originalSize: 10_001n },
      { ...raw, path: "v", compression: 1 },
      // Nothing is stored in no bytes, wherever that is.
      { path: "w", compression: 1 },
      { path: "x", dataOffset: 10_000n },
    ];
    const archive = openRaw({ entries: [...entries, ...others], dataSize, chunkedFiles: [ofRaw] });
    expect(archive.chunks("same")?.count).toBe(3);
    for (const path of ["tother", "u", "v", "w", "x", "zstd"])
      expect(archive.chunks(path), path).toBeUndefined();
  });

  test("is not true of equal content that is stored elsewhere", () => {
    const again = { ...raw, path: "s", dataOffset: 10_000n };
    const archive = openRaw({ entries: [raw, again], dataSize, chunkedFiles: [ofRaw] });
    expect(archive.chunks("s")).toBeUndefined();
    expect(archive.chunks("raw")?.count).toBe(3);
  });

  test("is found wherever files are stored", () => {
    const starts = [30, 10, 50, 20, 0, 40];
    const archive = openRaw({
      entries: starts.map((start, i) => ({ ...raw, path: `${i}`, dataOffset: BigInt(1000 * start) })),
      dataSize: 60_000n,
      chunkedFiles: [0, 1, 2, 4, 5].map((entry) => ({ ...ofRaw, entry })),
    });
    const found = starts.map((_, i) => archive.chunks(`${i}`)?.at(0)?.dataOffset);
    expect(found).toEqual([30_000, 10_000, 50_000, undefined, 0, 40_000]);
  });

  test("has chunks of the largest and the smallest size that there is", () => {
    const size = BigInt(maxChunkBytes + 1);
    const one = { path: "a", dataSize: size, originalSize: size };
    const two = { entry: 0, chunkSize: maxChunkBytes, hashes: hashes(2) };
    for (const sizes of [undefined, [maxChunkBytes, 1], [minChunkBytes, maxChunkBytes + 1 - minChunkBytes]]) {
      const archive = openRaw({ entries: [one], dataSize: size, chunkedFiles: [{ ...two, sizes }] });
      const expected = sizes ?? [maxChunkBytes, 1];
      expect(Array.from(archive.chunks("a") ?? [], (chunk) => chunk.size)).toEqual(expected);
    }
  });

  test("is in a slot of its own: what is in others is not looked at", () => {
    const archive = openRaw({ ...withChunks(ofRaw, ofPacked), extraFields: true });
    expect(archive.chunks("raw")?.count).toBe(3);
    expect(openRaw({ entries, dataSize, extraFields: true }).chunks("raw")).toBeUndefined();
  });

  test("may be nothing", () => {
    expect(openRaw(withChunks()).chunks("raw")).toBeUndefined();
  });

  test("is not used for a compression that is not known", async () => {
    const unknown = { entries: [raw, { ...packed, compression: 9 }], dataSize, chunkedFiles: [ofPacked] };
    const archive = openRaw(unknown);
    const range = { offset: 5000, length: 10 };
    await expect(archive.readFile("zstd", { range })).rejects.toMatchObject({ code: "Unsupported" });
  });
});

function places({
  index,
  offset,
  size,
  dataOffset,
  storedSize,
}: {
  index: number;
  offset: number;
  size: number;
  dataOffset: number;
  storedSize: number;
}): number[] {
  return [index, offset, size, dataOffset, storedSize];
}

describe("chunks that an index must not have", () => {
  const lies: [string, RawIndex, RegExp][] = [
    ["of a file that is not there", withChunks({ ...ofRaw, entry: 2 }), /does not list/],
    ["of file 2^32 - 1", withChunks({ ...ofRaw, entry: 0xffff_ffff }), /does not list/],
    ["of one file twice", withChunks(ofRaw, ofRaw), /not in the order of their entries/],
    ["of the second file twice", withChunks(ofPacked, ofPacked), /not in the order of their entries/],
    ["in another order", withChunks(ofPacked, ofRaw), /not in the order of their entries/],
    ["without hashes", withChunks({ ...ofRaw, hashes: undefined }), /they have no hashes/],
    ["with no hash", withChunks({ ...ofRaw, hashes: hashes(0) }), /0 of 4096 bytes are not its 10000/],
    [
      "with no hash and no sizes",
      withChunks({ ...ofRaw, hashes: hashes(0), sizes: [] }),
      /have 0 bytes, and the file 10000/,
    ],
    ["with a hash too few", withChunks({ ...ofRaw, hashes: hashes(2) }), /2 of 4096 bytes are not its 10000/],
    ["with a hash too many", withChunks({ ...ofRaw, hashes: hashes(4) }), /4 of 4096 bytes are not its/],
    ["with half a hash", withChunks({ ...ofRaw, hashes: new Uint8Array(112) }), /not of 32 bytes each/],
    ["of no size", withChunks({ ...ofRaw, chunkSize: undefined }), /cannot be of 0 bytes/],
    ["of less than 4 KiB", withChunks({ ...ofRaw, chunkSize: minChunkBytes - 1 }), /cannot be of 4095/],
    ["of more than 16 MiB", withChunks({ ...ofRaw, chunkSize: maxChunkBytes + 1 }), /cannot be of 16777217/],
    ["of 2^32 - 1 bytes", withChunks({ ...ofRaw, chunkSize: 0xffff_ffff }), /cannot be of 4294967295/],
    ["stored sizes of a raw file", withChunks({ ...ofRaw, storedSizes: [1, 2, 3] }), /for compressed files/],
    ["no stored sizes", withChunks({ ...ofPacked, storedSizes: undefined }), /all of these have them/],
    ["a stored size too few", withChunks({ ...ofPacked, storedSizes: [1500, 1500] }), /3 hashes and 2 sizes/],
    [
      "a stored size too many",
      withChunks({ ...ofPacked, storedSizes: [1000, 1000, 500, 500] }),
      /3 hashes and 4 sizes/,
    ],
    ["a stored size of 0", withChunks({ ...ofPacked, storedSizes: [3000, 0, 0] }), /nothing is stored for/],
    [
      "a byte of stored size too few",
      withChunks({ ...ofPacked, storedSizes: [1000, 1000, 999] }),
      /stored in 2999 bytes, and the file in 3000/,
    ],
    [
      "a byte of stored size too many",
      withChunks({ ...ofPacked, storedSizes: [1000, 1000, 1001] }),
      /stored in 3001 bytes, and the file in 3000/,
    ],
    [
      "stored sizes that are right in 32 bits",
      {
        entries: [{ ...packed, dataOffset: 0n, compression: 9 }],
        dataSize: 1n << 40n,
        chunkedFiles: [{ ...ofPacked, entry: 0, storedSizes: [0xffff_ffff, 1500, 1501] }],
      },
      /stored in 4294970296 bytes, and the file in 3000/,
    ],
    [
      "a stored size that no content takes",
      {
        entries: [raw, { ...packed, dataSize: 200_000n }],
        dataSize: 300_000n,
        chunkedFiles: [{ ...ofPacked, storedSizes: [100_000, 99_000, 1000] }],
      },
      /number 0: 100000 bytes or more are stored, far more than the 4096/,
    ],
    [
      "a stored size in which no content is",
      withChunks({ ...ofPacked, storedSizes: [9, 1500, 1491] }),
      /number 0: the index promises 4096 bytes, which no frame holds in the 9/,
    ],
    ["a size too few", withChunks({ ...ofRaw, sizes: [5000, 5000] }), /3 hashes and 2 sizes/],
    ["a size too many", withChunks({ ...ofRaw, sizes: [4096, 4096, 1000, 808] }), /3 hashes and 4 sizes/],
    ["a last size of 0", withChunks({ ...ofRaw, sizes: [5000, 5000, 0] }), /number 2 cannot be of 0 bytes/],
    ["a size below 4 KiB", withChunks({ ...ofRaw, sizes: [5000, 4095, 905] }), /number 1 cannot be of 4095/],
    [
      "a size above 16 MiB",
      withChunks({ ...ofRaw, sizes: [4096, 4096, maxChunkBytes + 1] }),
      /number 2 cannot be of 16777217/,
    ],
    [
      "a byte of size too few",
      withChunks({ ...ofRaw, sizes: [5000, 4096, 903] }),
      /have 9999 bytes, and the file 10000/,
    ],
    [
      "a byte of size too many",
      withChunks({ ...ofPacked, sizes: [5000, 4096, 905] }),
      /have 10001 bytes, and the file 10000/,
    ],
    [
      "sizes that are right in 32 bits",
      withChunks({ ...ofRaw, sizes: [0xffff_ffff, 4096, 5905] }),
      /number 0 cannot be of 4294967295/,
    ],
    [
      "of an empty file",
      { entries: [{ path: "a" }], chunkedFiles: [{ ...ofRaw, hashes: hashes(0) }] },
      /it is empty/,
    ],
    [
      "of an empty file that is stored",
      {
        entries: [{ path: "a", compression: 1, dataSize: 13n }],
        dataSize: 13n,
        chunkedFiles: [{ ...ofPacked, entry: 0, hashes: hashes(0), storedSizes: [] }],
      },
      /it is empty/,
    ],
    [
      "of two files in the same bytes",
      { entries: [raw, { ...raw, path: "s" }], dataSize, chunkedFiles: [ofRaw, { ...ofRaw, entry: 1 }] },
      /shares stored bytes with another one/,
    ],
    [
      "of files that overlap",
      {
        entries: [raw, { ...raw, path: "s", dataOffset: 9999n }],
        dataSize,
        chunkedFiles: [ofRaw, { ...ofRaw, entry: 1 }],
      },
      /shares stored bytes with another one/,
    ],
    [
      "of files that overlap, in another order",
      {
        entries: [
          { ...raw, path: "q", dataOffset: 9999n },
          { ...raw, path: "s" },
        ],
        dataSize,
        chunkedFiles: [ofRaw, { ...ofRaw, entry: 1 }],
      },
      /shares stored bytes with another one/,
    ],
  ];
  for (const [name, index, why] of lies) test(name, () => expectInvalid(index, why));

  const parts: [string, bigint, bigint][] = [
    ["whose first byte another file has", 0n, 1n],
    ["whose last byte another file has", 9999n, 2n],
    ["in the middle of which another file is", 4000n, 10n],
    ["that are all in another file", 0n, 20_000n],
    ["and one of which another file is", 0n, 4096n],
    ["and the rest of which another file is", 4096n, 5904n],
  ];
  for (const [name, dataOffset, size] of parts) {
    test(`of a file ${name}`, () => {
      const other = { path: "z", dataOffset, dataSize: size, originalSize: size };
      const index = { entries: [raw, other], dataSize, chunkedFiles: [ofRaw] };
      expectInvalid(index, /the chunks of "z" are damaged: it shares a part of its stored bytes/);
      // Whoever is named, it does not matter which of them is said to be cut.
      expect(openRaw({ ...index, chunkedFiles: [] }).entryCount).toBe(2);
    });
  }

  test("neighbours of files with chunks are left alone", () => {
    const others = [
      { path: "s", dataOffset: 10_000n, dataSize: 1n, originalSize: 1n },
      { path: "t", dataOffset: 4000n },
    ];
    expect(openRaw({ entries: [raw, ...others], dataSize, chunkedFiles: [ofRaw] }).entryCount).toBe(3);
  });

  test("names the file", () => {
    expect(() => openRaw(withChunks(ofRaw, { ...ofPacked, chunkSize: 5 }))).toThrow(
      expect.objectContaining({
        path: "zstd",
        message: 'The index cannot be trusted: the chunks of "zstd" are damaged: they cannot be of 5 bytes',
      }),
    );
  });
});

describe("a chunk table that wants more than it brings", () => {
  const many = (count: number, size: number): RawEntry[] =>
    Array.from({ length: count }, (_, i) => ({
      path: `${i}`.padStart(6, "0"),
      dataOffset: BigInt(size * i),
      dataSize: BigInt(size),
      originalSize: BigInt(size),
    }));

  test("hashes that are shared", () => {
    const shared = hashes(256);
    const index = {
      entries: many(100, 1024 * 1024),
      dataSize: 1n << 40n,
      chunkedFiles: Array.from({ length: 100 }, (_, entry) => ({ entry, chunkSize: 4096, hashes: shared })),
    };
    expectInvalid(index, /share hashes/);
  });

  test("more files than it has room for, all in one table", () => {
    // The list's own length is the last number that says how many files there are.
    const bytes = rawIndex(withChunks(ofRaw, ofPacked));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const root = view.getUint32(0, true);
    const field = view.getUint16(root - view.getInt32(root, true) + 4 + 2 * 32, true);
    const list = root + field + view.getUint32(root + field, true);
    view.setUint32(list, Math.floor((bytes.length - list - 4) / 4), true);
    expect(() => open(bytes, Number(dataSize))).toThrow(/no room for the \d+ chunked files/);
    view.setUint32(list, 0xffff_ffff, true);
    expect(() => open(bytes, Number(dataSize))).toThrow(/list of chunked files is longer than the index/);
  });

  test("a table, its layout or its lists outside of the index", () => {
    const whole = rawIndex(withChunks(ofRaw, ofPacked));
    for (let at = 0; at + 4 <= whole.length; at += 4) {
      for (const value of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, whole.length - at - 1]) {
        const bytes = whole.slice();
        new DataView(bytes.buffer).setUint32(at, value, true);
        expectNothingElse(bytes);
      }
    }
  });

  test("many files that share the chunks of one do not make it be read again and again", () => {
    const count = 200_000;
    const size = BigInt(count) * 4096n;
    const one = { path: "0", dataSize: size, originalSize: size, compression: 1 };
    const index = {
      entries: Array.from({ length: 2000 }, (_, i) => ({ ...one, path: `${i}`.padStart(6, "0") })),
      dataSize: size,
      chunkedFiles: [
        {
          entry: 0,
          chunkSize: 4096,
          hashes: hashes(count),
          storedSizes: Array.from({ length: count }, () => 4096),
        },
      ],
    };
    const archive = openRaw(index);
    const all = new Set(Array.from(archive.entries(), ({ path }) => archive.chunks(path)));
    expect(all.size).toBe(1);
  });
});

/** It opens and keeps its promises, or is refused with a documented error. */
function expectNothingElse(index: Uint8Array): void {
  let archive: Archive;
  try {
    archive = open(index, Number(dataSize));
  } catch (error) {
    expect(error).toMatchObject({
      name: "FormatError",
      code: expect.stringMatching(/^(InvalidIndex|Unsupported|SourceMismatch)$/),
    });
    return;
  }
  for (const entry of archive.entries()) {
    const chunks = archive.chunks(entry.path);
    if (chunks !== undefined) expectPartition(chunks, entry);
  }
}

describe("cuts that cannot be written", () => {
  const entry: Entry = {
    path: "a",
    size: 10_000,
    storedSize: 10_000,
    dataOffset: 0,
    hash: new Uint8Array(32),
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeNs: 0n,
    compression: "none",
  };
  const cuts: FileCuts = {
    row: 0,
    chunkSize: 4096,
    hashes: hashes(3),
    storedSizes: undefined,
    sizes: undefined,
  };
  const write = (...changes: Partial<FileCuts>[]): Uint8Array =>
    encodeIndex({
      entries: [entry],
      dataSize: 10_000,
      cuts: changes.map((change) => ({ ...cuts, ...change })),
    });

  test("right ones can", () => {
    expect(open(write({}), 10_000).chunks("a")?.count).toBe(3);
  });

  const wrong: [string, Partial<FileCuts>[]][] = [
    ["of a row that is not there", [{ row: 1 }]],
    ["of a row beyond 32 bits", [{ row: 2 ** 32 }]],
    ["of half a row", [{ row: 0.5 }]],
    ["of no row", [{ row: NaN }]],
    ["of a negative row", [{ row: -1 }]],
    ["of a size beyond 32 bits", [{ chunkSize: 2 ** 32 + 4096 }]],
    ["of half a byte more", [{ chunkSize: 4096.5 }]],
    ["of too small a size", [{ chunkSize: 1 }]],
    ["with a hash too few", [{ hashes: hashes(2) }]],
    ["of one row twice", [{}, {}]],
    ["with stored sizes of a raw file", [{ storedSizes: Uint32Array.of(1, 2, 3) }]],
    ["with sizes of something else", [{ sizes: Uint32Array.of(5000, 5000, 5000) }]],
  ];
  for (const [name, changes] of wrong) {
    test(name, () => {
      expect(() => write(...changes)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
    });
  }
});
