import { invalidTar } from "./tar-error.js";

const space = 0x20;
const newline = 0x0a;
const equals = 0x3d;

/** Records as `LENGTH KEY=VALUE\n`, where the length counts itself. */
export function encodePaxRecords(records: ReadonlyMap<string, string>): Uint8Array {
  const text = new TextEncoder();
  const encoded = Array.from(records, ([key, value]) => {
    const rest = text.encode(` ${key}=${value}\n`);
    let length = rest.length + 1;
    while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
    return [text.encode(String(length)), rest] as const;
  }).flat();
  const whole = new Uint8Array(encoded.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of encoded) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * The records of an extended header: keys as text, values as the bytes that they are. Of two with one key the later one
 * counts, as POSIX says. A record that is not exactly as long as it says could be read in two ways. Throws `InvalidTar`.
 */
export function decodePaxRecords(bytes: Uint8Array): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  let at = 0;
  while (at < bytes.length) {
    const length = recordLength(bytes, at);
    const end = at + length;
    const from = bytes.indexOf(space, at) + 1;
    const record = bytes.subarray(from, end - 1);
    const sign = record.indexOf(equals);
    if (length === 0 || end > bytes.length || from >= end || bytes[end - 1] !== newline || sign <= 0) {
      throw invalidTar("has an extended header that cannot be read: it is damaged");
    }
    records.set(new TextDecoder().decode(record.subarray(0, sign)), record.subarray(sign + 1));
    at = end;
  }
  return records;
}

/** The number at the beginning of a record; 0 when there is none. */
function recordLength(bytes: Uint8Array, at: number): number {
  let length = 0;
  for (let i = at; i < at + 10; i += 1) {
    const digit = (bytes[i] ?? 0) - 0x30;
    if (bytes[i] === space && i > at) return length;
    if (digit < 0 || digit > 9) return 0;
    length = length * 10 + digit;
  }
  return 0;
}
