/**
 * Writes DER (X.690): just what certificates, time stamps and requests for them are made of. Every function returns one
 * complete element, so that structures are written as they are read in their RFCs.
 */
export type Der = Uint8Array;

export const sequence = (...elements: readonly Der[]): Der => element(0x30, ...elements);
/** The elements are sorted by their encodings, as DER demands of a SET OF. */
export const setOf = (...elements: readonly Der[]): Der =>
  element(0x31, ...elements.toSorted((a, b) => Buffer.compare(a, b)));
export const boolean = (value: boolean): Der => element(0x01, Uint8Array.of(value ? 0xff : 0));
export const octetString = (value: Uint8Array): Der => element(0x04, value);
export const utf8String = (value: string): Der => element(0x0c, Buffer.from(value));
/** Of whole octets. */
export const bitString = (value: Uint8Array): Der => element(0x03, Uint8Array.of(0), value);
/** `[number]` around a whole element. */
export const explicit = (number: number, content: Der): Der => element(0xa0 | number, content);
/** `[number]` in the place of a primitive type's own tag. */
export const implicit = (number: number, content: Uint8Array): Der => element(0x80 | number, content);

export function element(tag: number, ...content: readonly Uint8Array[]): Der {
  const length = content.reduce((sum, bytes) => sum + bytes.length, 0);
  return Buffer.concat([Uint8Array.of(tag, ...lengthOctets(length)), ...content]);
}

function lengthOctets(length: number): readonly number[] {
  return length < 0x80 ? [length] : withCount(base256(BigInt(length)));
}

const withCount = (octets: readonly number[]): readonly number[] => [0x80 | octets.length, ...octets];

/** A non-negative integer, or the big-endian bytes of one. */
export function integer(value: number | bigint | Uint8Array): Der {
  const octets = base256(
    typeof value === "object" ? BigInt(`0x0${Buffer.from(value).toString("hex")}`) : BigInt(value),
  );
  return element(0x02, Uint8Array.from((octets[0] ?? 0) < 0x80 ? octets : [0, ...octets]));
}

function base256(value: bigint): readonly number[] {
  const hex = value.toString(16);
  return [...Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex")];
}

/** @param dotted As in `1.3.6.1.5.5.7.3.3`. */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const arcs = [first * 40 + second, ...rest];
  return element(0x06, Uint8Array.from(arcs.flatMap((arc) => base128(arc))));
}

function base128(arc: number): readonly number[] {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    octets.unshift(0x80 | (rest % 128));
  return octets;
}

/** In whole seconds: fractions are cut off. */
export const utcTime = (date: Date): Der => element(0x17, Buffer.from(`${digits(date).slice(2)}Z`));
/** In whole seconds: fractions are cut off. */
export const generalizedTime = (date: Date): Der => element(0x18, Buffer.from(`${digits(date)}Z`));

const digits = (date: Date): string => date.toISOString().replaceAll(/[-:T]/g, "").slice(0, 14);
