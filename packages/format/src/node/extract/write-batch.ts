import { closeSync, unlinkSync } from "node:fs";

import type { ZstdDecoder } from "../../zstd/codec.js";
import { decodeWholeIn } from "../read/decode-whole.js";
import type { DecodeScratch } from "../read/decode-scratch.js";
import { fileSystemError } from "../files/file-system-error.js";
import { createWholeFile, finishTemporaryFile, writeFully } from "../files/temporary-file.js";
import type { FinishedFile, TemporaryFacts } from "../files/temporary-file.js";
import { systemMode, temporaryName } from "./extract-batch.js";
import type { BatchPlaces, ExtractBatch, WrittenBatch } from "./extract-batch.js";
import { giveFreeName } from "./free-name.js";

const hashDigits = 64;

/** Verifies and writes files, and gives them their names where these are free. After an error, some have them. */
export function writeBatch(batch: ExtractBatch, decoder: ZstdDecoder, scratch: DecodeScratch): WrittenBatch {
  const { bytes, places, from, storedSizes, sizes, isCompressed, hashes } = batch;
  const { targets } = places;
  const paths = batch.paths ?? targets;
  const hex = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length).toString("hex");
  const inodes = new BigUint64Array(targets.length);
  const lost = new Uint8Array(targets.length);
  const isNamed = new Uint8Array(targets.length);
  for (const [index, target] of targets.entries()) {
    const begin = from[index] ?? 0;
    const stored = bytes.subarray(begin, begin + (storedSizes[index] ?? 0));
    const promised = {
      path: paths[index] ?? target,
      size: sizes[index] ?? 0,
      isCompressed: isCompressed[index] === 1,
      hash: hex.slice(index * hashDigits, (index + 1) * hashDigits),
    };
    const content = decodeWholeIn(scratch, promised, stored, decoder);
    const directory = places.directories[places.directory[index] ?? 0] ?? "";
    const temporary = directory + temporaryName(places, index);
    const finished = writeFile(temporary, target, factsOf(places, index), content);
    inodes[index] = finished.ino;
    lost[index] = finished.lost;
    if (places.taken[index] === 1) continue;
    try {
      if (giveFreeName(temporary, directory + target.slice(target.lastIndexOf("/") + 1))) isNamed[index] = 1;
    } catch (cause) {
      remove(temporary);
      throw fileSystemError(cause, "create", target);
    }
  }
  return { inodes, lost, isNamed };
}

function factsOf({ modes, times }: BatchPlaces, index: number): TemporaryFacts {
  const mode = modes[index] ?? systemMode;
  return { mode: mode === systemMode ? undefined : mode, mtimeNs: times?.[index] };
}

function writeFile(
  location: string,
  target: string,
  facts: TemporaryFacts,
  content: Uint8Array,
): FinishedFile {
  let handle: number;
  try {
    handle = createWholeFile(location, facts);
  } catch (cause) {
    throw fileSystemError(cause, "create", target);
  }
  let isOpen = true;
  try {
    writeFully(handle, content);
    const finished = finishTemporaryFile(handle, facts);
    isOpen = false;
    // Some file systems only say here that there was no room.
    closeSync(handle);
    return finished;
  } catch (cause) {
    if (isOpen) closeSync(handle);
    remove(location);
    throw fileSystemError(cause, "write", target);
  }
}

function remove(temporary: string): void {
  try {
    unlinkSync(temporary);
  } catch {
    // Somebody else removed it.
  }
}
