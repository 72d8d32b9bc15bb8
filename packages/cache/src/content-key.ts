import { createHash } from "node:crypto";
import { CacheError } from "./errors.js";

/** What contents are kept under. Blocks, which may be in the same store, have a dot in theirs. */
export const contentKeyPattern: RegExp = /^[0-9a-f]{64}$/;

export function contentKey(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString("hex");
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

export function corruptContent(key: string): CacheError {
  return new CacheError("CorruptEntry", `${key} does not have its hash: it was deleted`, { key });
}
