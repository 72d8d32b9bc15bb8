import fc from "fast-check";
import { expect, test } from "vitest";
import { terminalText } from "./terminal-text.js";

async function shown(chunks: Iterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const piece of terminalText(chunks)) text += piece;
  return text;
}

const oneByOne = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (byte) => Uint8Array.of(byte));

test.each([
  ["plain\ttext\nin lines\r\nof 😀 any kind\n", "plain\ttext\nin lines\r\nof 😀 any kind\n"],
  ["\u001b]0;title\u0007\u001b[2J", "\\x1b]0;title\\x07\\x1b[2J"],
  ["\u009b31m and \u202eright to left", "\\x9b31m and \\u202eright to left"],
  ["over\rwritten", "over\\x0dwritten"],
  ["at the end\r", "at the end\\x0d"],
  ["\ufeffmarked", "\\ufeffmarked"],
])("%j is shown as %j, whole and byte by byte", async (content, text) => {
  const bytes = Buffer.from(content);
  expect(await shown([bytes])).toBe(text);
  expect(await shown(oneByOne(bytes))).toBe(text);
});

test("bytes that are no UTF-8 are no control characters either, and the end of the file is an end", async () => {
  const bytes = Buffer.from([0x61, 0x9b, 0x33, 0x31, 0x6d, 0xff, 0x62, 0xf0, 0x9f]);
  expect(await shown([bytes])).toBe("a\ufffd31m\ufffdb\ufffd");
  expect(await shown(oneByOne(bytes))).toBe("a\ufffd31m\ufffdb\ufffd");
});

test("where chunks end makes no difference, and nothing is left that a terminal obeys", async () => {
  const byte = fc.constantFrom(0x0d, 0x0a, 0x09, 0x1b, 0x9b, 0xc2, 0xe2, 0x80, 0xae, 0xf0, 0x9f, 0x98, 0x41);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 4 })), fc.array(byte), async (chunks, odd) => {
      const all = [...chunks, Uint8Array.from(odd), ...oneByOne(Uint8Array.from(odd))];
      const text = await shown([Buffer.concat(all)]);
      expect(await shown(all)).toBe(text);
      expect(text.replace(/\r\n|[\t\n]/gu, "")).not.toMatch(
        /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u,
      );
    }),
  );
});

test("a large chunk comes in pieces", async () => {
  let longest = 0;
  let length = 0;
  for await (const piece of terminalText([Buffer.alloc(1_000_000, "\u001b")])) {
    longest = Math.max(longest, piece.length);
    length += piece.length;
  }
  expect(length).toBe(4_000_000);
  expect(longest).toBeLessThan(300_000);
});
