import { portableSha256 } from "../sha256.js";

/**
 * What an index has beside the sizes of content-defined chunks: a chunk's own hash does not say where in the file it is,
 * which is the sum of the sizes before it. SHA-256 of the file's hash and of the sizes as the index has them, so that
 * neither sizes that were changed pass nor those of another file.
 */
export function hashOfSizes(fileHash: Uint8Array, sizes: Uint8Array): Uint8Array {
  const hasher = portableSha256.create();
  hasher.update(fileHash);
  hasher.update(sizes);
  return hasher.digest();
}
