import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Archive } from "../archive.js";
import { openArchive } from "../reading/archive-reader.js";
import { bufferSource } from "../sources/buffer-source.js";
import { encodeIndex } from "../index-codec/index-encoder.js";
import { loadZstdDecoder, nodeSha256 } from "../node/index.js";
import { createStoredZstd } from "./stored-zstd.js";

const blockBytes = 128 * 1024;

/** A frame of so many blocks, each of which says "128 KiB of A" in four bytes. */
function repeatedLetter(blocks: number): Buffer {
  const block = (last: boolean): number[] => {
    const bits = (blockBytes << 3) | (1 << 1) | (last ? 1 : 0);
    return [bits & 0xff, (bits >> 8) & 0xff, bits >> 16, 65];
  };
  const all = Array.from({ length: blocks }, (_, i) => block(i === blocks - 1));
  return Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3, ...all.flat()]);
}

function archiveOf(stored: Uint8Array, size: number): Archive {
  const hash = createHash("sha256").update(Buffer.alloc(size, 65)).digest();
  const facts = { mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, dataOffset: 0, compression: "zstd" } as const;
  const entries = [{ path: "file", size, hash, storedSize: stored.length, ...facts }];
  return openArchive(encodeIndex({ entries, dataSize: stored.length }), bufferSource(stored));
}

test("others are answered while a file is checked that is passed on as it is stored", async () => {
  const blocks = 400;
  const stored = repeatedLetter(blocks);
  const archive = archiveOf(stored, blocks * blockBytes);
  const entry = archive.entry("file");
  if (entry === undefined) throw new Error("The archive has no file");
  let turns = 0;
  const state = { isDone: false };
  const passOn = async (): Promise<Buffer> => {
    const { signal } = new AbortController();
    const zstd = await loadZstdDecoder();
    const chunks = await createStoredZstd(archive, { zstd, sha256: nodeSha256 }).open(entry, signal);
    if (chunks === undefined || chunks instanceof Uint8Array) throw new Error("It was not streamed");
    const sent: Uint8Array[] = [];
    for await (const chunk of chunks) sent.push(chunk);
    return Buffer.concat(sent);
  };
  const passing = passOn().finally(() => {
    state.isDone = true;
  });
  while (!state.isDone) {
    await nextTurn();
    turns += 1;
  }
  expect(stored.equals(await passing)).toBe(true);
  // One for each half mebibyte, of 50 in all; two kilobytes are stored.
  expect(turns).toBeGreaterThan(90);
});
