/** Tar is made of blocks of this size (POSIX.1-2017, pax, "ustar Interchange Format"). */
export const blockBytes = 512;

/** The fields that matter, as offset and length in a header block. */
export const field = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 6],
  version: [263, 2],
  prefix: [345, 155],
} as const;

export type Field = (typeof field)[keyof typeof field];

/** The sum of all bytes, those of the checksum itself taken for spaces. */
export function checksumOf(block: Uint8Array): { readonly unsigned: number; readonly signed: number } {
  const [from, length] = field.checksum;
  let unsigned = 0;
  let signed = 0;
  for (const [at, byte] of block.entries()) {
    const counted = at >= from && at < from + length ? 0x20 : byte;
    unsigned += counted;
    signed += counted > 0x7f ? counted - 0x100 : counted;
  }
  return { unsigned, signed };
}

/** Bytes after content of this size, up to the next block. */
export function paddingAfter(size: number): number {
  const rest = size % blockBytes;
  return rest === 0 ? 0 : blockBytes - rest;
}
