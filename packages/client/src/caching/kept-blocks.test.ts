import { createHash } from "node:crypto";
import { createBlockCache, createMemoryStore } from "@blob/cache";
import type { Archive, ByteSource } from "@blob/format";
import { bufferSource, encodeIndex, openArchive } from "@blob/format";
import { sha256Digest } from "@blob/registry";
import { expect, test } from "vitest";
import type { BlocksOf } from "./kept-blocks.js";
import { keepBlocks } from "./kept-blocks.js";

const size = 1000;
const mediaType = "application/octet-stream";
const honest = Buffer.alloc(size, "honest");
const data = { mediaType, digest: sha256Digest(honest), size };

function described(text: string): {
  mediaType: string;
  digest: ReturnType<typeof sha256Digest>;
  size: number;
} {
  return { mediaType, digest: sha256Digest(Buffer.from(text)), size: text.length };
}

const place: BlocksOf = {
  trustDomain: "https://registry.example",
  repository: "acme/site",
  manifest: { descriptor: described("a manifest"), index: described("an index"), data },
};

/** Who claims the same data, and is not to be believed in the honest place. */
const elsewhere: Readonly<Record<string, BlocksOf>> = {
  "another registry": { ...place, trustDomain: "https://evil.example" },
  "the same registry, reached over plain HTTP": { ...place, trustDomain: "http://registry.example" },
  "another repository": { ...place, repository: "evil/site" },
  "another manifest": { ...place, manifest: { ...place.manifest, descriptor: described("another") } },
  "other data": {
    ...place,
    manifest: { ...place.manifest, data: { ...data, digest: sha256Digest(Buffer.alloc(1)) } },
  },
  "data of another size": { ...place, manifest: { ...place.manifest, data: { ...data, size: size + 1 } } },
  "another index": { ...place, manifest: { ...place.manifest, index: described("another") } },
};

async function read(
  blocks: ReturnType<typeof createBlockCache>,
  of: BlocksOf,
  bytes: Uint8Array,
): Promise<string> {
  const { source } = keepBlocks(blocks, of, bufferSource(bytes, { id: data.digest }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.read({ offset: 0, length: 6 })) chunks.push(chunk);
  await blocks.flush();
  return Buffer.concat(chunks).toString();
}

test.each(Object.entries(elsewhere))(
  "what %s answers for the same data is not kept here",
  async (_, evil) => {
    const blocks = createBlockCache(createMemoryStore());
    expect(await read(blocks, evil, Buffer.alloc(size, "EVIL!!"))).toBe("EVIL!!");
    expect(await read(blocks, place, honest)).toBe("honest");
  },
);

test("what was read at a place is read there once", async () => {
  const blocks = createBlockCache(createMemoryStore());
  expect(await read(blocks, place, honest)).toBe("honest");
  expect(await read(blocks, place, Buffer.alloc(size, "never asked"))).toBe("honest");
});

/** An archive of one file, and how often its data was asked for. */
function archiveOf(
  content: Buffer,
  inner: ByteSource,
): { readonly archive: Archive; readonly reads: () => number } {
  const entry = {
    path: "a.txt",
    size: content.length,
    hash: createHash("sha256").update(content).digest(),
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeNs: 0n,
    compression: "none" as const,
    dataOffset: 0,
    storedSize: content.length,
  };
  let reads = 0;
  const counted: ByteSource = {
    id: inner.id,
    size: inner.size,
    read(...its) {
      reads += 1;
      return inner.read(...its);
    },
  };
  const kept = keepBlocks(createBlockCache(createMemoryStore()), place, counted);
  const index = encodeIndex({ entries: [entry], dataSize: content.length });
  return { archive: kept.archive(openArchive(index, kept.source)), reads: () => reads };
}

test("a file is read as bytes and as text, whose first character is not taken for a mark", async () => {
  const content = Buffer.from("\ufeffhello");
  const { archive } = archiveOf(content, bufferSource(content));
  expect(Buffer.from(await archive.readFile("a.txt"))).toEqual(content);
  expect(await archive.readFile("a.txt", "utf8")).toBe("\ufeffhello");
});

test("a file that is not there, and data that cannot be had, are told as they are, and asked for once", async () => {
  const content = Buffer.from("hello");
  const failing: ByteSource = {
    ...bufferSource(content),
    read() {
      throw new Error("no network");
    },
  };
  const { archive, reads } = archiveOf(content, failing);
  await expect(archive.readFile("nothing")).rejects.toMatchObject({ code: "NotFound" });
  expect(reads()).toBe(0);
  await expect(archive.readFile("a.txt")).rejects.toThrow("no network");
  expect(reads()).toBe(1);
});

test("wrong data is read once more, and then said to be wrong", async () => {
  const { archive, reads } = archiveOf(Buffer.from("hello"), bufferSource(Buffer.from("wrong")));
  await expect(archive.readFile("a.txt")).rejects.toMatchObject({ code: "HashMismatch" });
  expect(reads()).toBe(2);
});
