import { blockBytes, checksumOf, field, paddingAfter } from "./header-block.js";
import type { Field } from "./header-block.js";
import { encodePaxRecords } from "./pax-records.js";

/** What a member is to have. */
export interface MemberFacts {
  /** Without a slash at its end. */
  readonly path: string;
  readonly kind: "file" | "directory";
  readonly size: number;
  readonly mode: number;
  readonly mtimeNs: bigint;
}

/** Eleven octal digits. */
const maxOctal = 0o77777777777;

const second = 1_000_000_000n;

const utf8 = new TextEncoder();

/**
 * The header of a member: one block as POSIX's ustar format has it, after an extended one (pax) where that is not enough:
 * for names that are long or not ASCII, times with parts of a second or outside of 1970 to 2242, and 8 GiB and more. The
 * bytes follow from the facts alone: no user, no host, no time of writing.
 */
export function encodeHeader({ path, kind, size, mode, mtimeNs }: MemberFacts): Uint8Array {
  const name = kind === "directory" ? `${path}/` : path;
  const records = new Map<string, string>();
  const short = splitName(name);
  if (short === undefined) records.set("path", name);
  if (size > maxOctal) records.set("size", String(size));
  const seconds = floorSeconds(mtimeNs);
  const fits = seconds >= 0n && seconds <= BigInt(maxOctal);
  if (!fits || mtimeNs % second !== 0n) records.set("mtime", timeText(mtimeNs));
  const header = ustarBlock({
    name: short?.name ?? asciiBeginning(name),
    prefix: short?.prefix ?? "",
    type: kind === "directory" ? "5" : "0",
    size: size > maxOctal ? 0 : size,
    mode,
    mtime: fits ? Number(seconds) : 0,
  });
  if (records.size === 0) return header;
  const body = encodePaxRecords(records);
  const extended = ustarBlock({
    name: "PaxHeaders",
    prefix: "",
    type: "x",
    size: body.length,
    mode: 0o644,
    mtime: 0,
  });
  const whole = new Uint8Array(2 * blockBytes + body.length + paddingAfter(body.length));
  whole.set(extended, 0);
  whole.set(body, blockBytes);
  whole.set(header, whole.length - blockBytes);
  return whole;
}

interface UstarFields {
  readonly name: string;
  readonly prefix: string;
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly mtime: number;
}

function ustarBlock({ name, prefix, type, size, mode, mtime }: UstarFields): Uint8Array {
  const block = new Uint8Array(blockBytes);
  const put = ([offset]: Field, text: string): void => void utf8.encodeInto(text, block.subarray(offset));
  // One byte of each field is left for the NUL at its end.
  const octal = (where: Field, value: number): void =>
    put(where, value.toString(8).padStart(where[1] - 1, "0"));
  put(field.name, name);
  octal(field.mode, mode);
  octal(field.uid, 0);
  octal(field.gid, 0);
  octal(field.size, size);
  octal(field.mtime, mtime);
  put(field.type, type);
  put(field.magic, "ustar\0");
  put(field.version, "00");
  put(field.prefix, prefix);
  put(field.checksum, `${checksumOf(block).unsigned.toString(8).padStart(6, "0")}\0 `);
  return block;
}

/** A name as the two fields of the header, which are joined by a slash; nothing when it does not fit or is not ASCII. */
function splitName(name: string): { readonly name: string; readonly prefix: string } | undefined {
  if (!isAscii(name)) return undefined;
  const [, nameBytes] = field.name;
  const [, prefixBytes] = field.prefix;
  if (name.length <= nameBytes) return { name, prefix: "" };
  // The first slash that leaves little enough behind it.
  const at = name.indexOf("/", name.length - nameBytes - 1);
  if (at <= 0 || at > prefixBytes || at === name.length - 1) return undefined;
  return { prefix: name.slice(0, at), name: name.slice(at + 1) };
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** For readers that know no extended headers. */
function asciiBeginning(name: string): string {
  return name.replaceAll(/[^\u0020-\u007e]/gu, "_").slice(0, field.name[1]);
}

function floorSeconds(ns: bigint): bigint {
  return ns < 0n && ns % second !== 0n ? ns / second - 1n : ns / second;
}

/** A decimal number of seconds, with as many digits as it takes. */
function timeText(ns: bigint): string {
  const magnitude = ns < 0n ? -ns : ns;
  const whole = String(magnitude / second);
  const rest = String(magnitude % second)
    .padStart(9, "0")
    .replace(/0+$/u, "");
  return `${ns < 0n ? "-" : ""}${whole}${rest === "" ? "" : `.${rest}`}`;
}
