import type { BlobId } from "./descriptor.js";
import { parseDigest } from "./digest.js";
import { RegistryError } from "./errors.js";
import type { ReadBlobOptions } from "./registry.js";

/**
 * Where a read starts and ends; the end is exclusive.
 *
 * @throws RegistryError `InvalidArgument` when the range is not inside the blob.
 */
export function rangeOf(
  blob: BlobId,
  range: ReadBlobOptions["range"],
): { readonly start: number; readonly end: number } {
  parseDigest(blob.digest);
  const { offset, length } = range ?? { offset: 0, length: blob.size };
  const isInside =
    [offset, length, blob.size].every((value) => Number.isSafeInteger(value) && value >= 0) &&
    offset + length <= blob.size;
  if (!isInside) {
    const message = `the range of ${length} bytes at ${offset} is not inside a blob of ${blob.size} bytes`;
    throw new RegistryError("InvalidArgument", message, { digest: blob.digest });
  }
  return { start: offset, end: offset + length };
}
