import { createBlockCache, createMemoryStore } from "@blob/cache";
import { bufferSource } from "@blob/format";
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
