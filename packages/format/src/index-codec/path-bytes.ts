import { invalidIndex } from "./flatbuffer.js";

const slash = 0x2f;
const dot = 0x2e;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The longest element that may be "." or "..". */
const maxDots = 2;

/**
 * Checks that bytes of an index are a valid path, by the rules of `isValidPath`, without making a string of it. The first
 * `known` bytes are those of a path that was checked.
 */
export function checkPathBytes(bytes: Uint8Array, start: number, length: number, known = 0): void {
  const end = start + length;
  const from = start + known;
  // Where the element begins in which the unknown bytes do, unless it is too long to be wrong.
  let element = from;
  while (element > start && from - element <= maxDots && bytes[element - 1] !== slash) element--;
  // The known bytes may end within a character.
  let ascii = known === 0 || (bytes[from - 1] ?? 0x80) < 0x80;
  for (let at = from; at < end; at++) {
    const byte = bytes[at] ?? 0;
    // Most bytes of most paths: letters and digits.
    if (byte > slash && byte < 0x80) continue;
    if (byte === slash) {
      if (at - element <= maxDots) checkElement(bytes, element, at);
      element = at + 1;
    } else if (byte === 0) {
      throw invalidIndex("a path contains a NUL");
    } else if (byte >= 0x80) {
      ascii = false;
    }
  }
  if (end - element <= maxDots) checkElement(bytes, element, end);
  if (!ascii) checkUtf8(bytes.subarray(start, end));
}

function checkElement(bytes: Uint8Array, start: number, end: number): void {
  const length = end - start;
  if (length === 0) throw invalidIndex("a path has an empty element, or a slash at an end");
  if (bytes[start] === dot && (length === 1 || bytes[start + 1] === dot)) {
    throw invalidIndex('a path has a "." or ".." element');
  }
}

function checkUtf8(path: Uint8Array): void {
  try {
    utf8.decode(path);
  } catch {
    throw invalidIndex("a path is not valid UTF-8");
  }
}

/** Longer paths are left to the decoder, whose fixed cost is large. */
const maxShortPath = 64;

/** The string of a path that was checked. */
export function pathText(bytes: Uint8Array, start: number, length: number): string {
  if (length <= maxShortPath) {
    let text = "";
    let at = start;
    for (const end = start + length; at < end; at++) {
      const byte = bytes[at] ?? 0x80;
      if (byte >= 0x80) break;
      text += String.fromCharCode(byte);
    }
    if (at === start + length) return text;
  }
  return utf8.decode(bytes.subarray(start, start + length));
}
