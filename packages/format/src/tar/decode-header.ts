import { blockBytes, checksumOf, field } from "./header-block.js";
import type { Field } from "./header-block.js";
import { invalidTar } from "./tar-error.js";

/** What a header block says, before extended headers say otherwise. */
export interface MemberHeader {
  /** The name as bytes: nothing says that it is text. */
  readonly name: Uint8Array;
  /** One character: `0` for a file, `5` for a directory, and so on. */
  readonly type: string;
  readonly size: bigint;
  readonly mode: bigint;
  /** In seconds since the epoch. */
  readonly mtime: bigint;
  /** Old GNU only: a further block of the map of holes follows. */
  readonly isExtended: boolean;
}

const slash = 0x2f;

/** Reads a header block of the ustar, GNU and V7 formats. Throws `InvalidTar`. */
export function decodeHeader(block: Uint8Array): MemberHeader {
  const { signed, unsigned } = checksumOf(block);
  const stored = number(block, field.checksum);
  // Some old programs added bytes up with a sign.
  if (stored !== BigInt(unsigned) && stored !== BigInt(signed)) {
    throw invalidTar("has a header with a wrong checksum: it is damaged, or no tar");
  }
  const type = block[field.type[0]] ?? 0;
  return {
    name: nameOf(block),
    type: type === 0 ? "0" : String.fromCharCode(type),
    size: number(block, field.size),
    mode: number(block, field.mode),
    mtime: number(block, field.mtime),
    isExtended: block[482] === 1,
  };
}

/** Whether a block is all zeros: two of these end a tar. */
export function isZeroBlock(block: Uint8Array): boolean {
  return block.length === blockBytes && block.every((byte) => byte === 0);
}

function nameOf(block: Uint8Array): Uint8Array {
  const name = untilNul(bytesOf(block, field.name));
  // GNU's magic has a space in place of the NUL, and other things in place of the prefix.
  const isUstar = new TextDecoder("latin1").decode(bytesOf(block, field.magic)) === "ustar\0";
  const prefix = isUstar ? untilNul(bytesOf(block, field.prefix)) : new Uint8Array(0);
  if (prefix.length === 0) return name;
  const joined = new Uint8Array(prefix.length + 1 + name.length);
  joined.set(prefix, 0);
  joined[prefix.length] = slash;
  joined.set(name, prefix.length + 1);
  return joined;
}

export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

function bytesOf(block: Uint8Array, [offset, length]: Field): Uint8Array {
  return block.subarray(offset, offset + length);
}

/** Octal digits, or GNU's base-256: two's complement after a first bit that is set. */
function number(block: Uint8Array, where: Field): bigint {
  const bytes = bytesOf(block, where);
  if (((bytes[0] ?? 0) & 0x80) !== 0) return base256(bytes);
  const text = new TextDecoder("latin1").decode(bytes);
  const digits = /^ *(?<digits>[0-7]*)[ \0]*$/u.exec(text.replace(/\0.*$/su, "\0"))?.groups?.["digits"];
  if (digits === undefined) throw invalidTar("has a header with a number that is none: it is damaged");
  return digits === "" ? 0n : BigInt(`0o${digits}`);
}

function base256(bytes: Uint8Array): bigint {
  // The first bit says that this is no text, the next one is the sign.
  let value = BigInt.asIntN(7, BigInt(bytes[0] ?? 0) & 0x7fn);
  for (const byte of bytes.subarray(1)) value = value * 256n + BigInt(byte);
  return value;
}
