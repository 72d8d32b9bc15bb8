import type { ByteRange } from "./byte-source.js";
import { FormatError } from "../errors.js";

/** Throws `InvalidArgument` unless a range lies inside of `size` bytes. */
export function checkByteRange({ offset, length }: ByteRange, size: number, path?: string): void {
  const isInside =
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset + length <= size;
  if (isInside) return;
  const what = path === undefined ? "the source" : JSON.stringify(path);
  throw new FormatError(
    "InvalidArgument",
    `${length} bytes from ${offset} on are not inside of the ${size} of ${what}`,
    {
      path,
    },
  );
}
