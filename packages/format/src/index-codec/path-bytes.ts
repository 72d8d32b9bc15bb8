import { invalidIndex } from "./flatbuffer.js";

const slash = 0x2f;
const dot = 0x2e;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Checks that bytes of an index are a valid path, by the rules of `isValidPath`, without making a string of it. */
export function checkPathBytes(bytes: Uint8Array, start: number, length: number): void {
  const end = start + length;
  let element = start;
  let ascii = true;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === slash) {
      checkElement(bytes, element, at);
      element = at + 1;
    } else if (byte === 0) {
      throw invalidIndex("a path contains a NUL");
    } else if (byte >= 0x80) {
      ascii = false;
    }
  }
  checkElement(bytes, element, end);
  if (!ascii) checkUtf8(bytes.subarray(start, end));
}

function checkElement(bytes: Uint8Array, start: number, end: number): void {
  const length = end - start;
  if (length > 2) return;
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
