import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeKeys } from "./keys.js";

const names = (input: string): readonly string[] => decodeKeys(input, true).keys.map(({ name }) => name);

test.each([
  ["jk/?", ["j", "k", "/", "?"]],
  ["\u001b[A\u001bOB\u001b[1;5C\u001b[D", ["up", "down", "right", "left"]],
  [
    "\u001b[5~\u001b[6~\u001b[H\u001bOF\u001b[1~\u001b[4~\u001b[3~",
    ["pageup", "pagedown", "home", "end", "home", "end", "delete"],
  ],
  ["\r\n\t\u007f\b\u001b[Z", ["enter", "enter", "tab", "backspace", "backspace", "shift-tab"]],
  ["\u0003\u0015", ["ctrl-c", "ctrl-u"]],
  ["\u001b", ["escape"]],
  ["\u001b\u001b[A", ["escape", "up"]],
  // Alt and a key, the mouse, the focus, answers of the terminal: none of ours.
  ["\u001bq\u001b[<0;1;1M\u001b[I\u001b[?1;2cx", ["x"]],
  ["é漢👍", ["é", "漢", "👍"]],
])("%j is %j", (input, expected) => {
  expect(names(input)).toEqual(expected);
});

test("pasted text is text, whatever it looks like", () => {
  const { keys } = decodeKeys("\u001b[200~q\r\u001b[Aqu it\u001b[201~y");
  expect(keys).toEqual([
    { name: "paste", text: "q[Aqu it" },
    { name: "y", text: "y" },
  ]);
});

test("a sequence that has not arrived whole is waited for", () => {
  for (const sequence of ["\u001b[A", "\u001bOA", "\u001b[5~", "\u001b[200~pasted\u001b[201~"]) {
    for (let at = 1; at < sequence.length; at += 1) {
      const first = decodeKeys(sequence.slice(0, at));
      expect(first.keys).toEqual([]);
      expect(decodeKeys(first.rest + sequence.slice(at)).keys).toHaveLength(1);
    }
  }
});

test("any input is decoded to its end, and types no control character", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("\u001b", "[", "O", "2", "0", "~", ";", "A", "\u0007", "é") }),
      (input) => {
        const { keys, rest } = decodeKeys(input, true);
        expect(rest === "" || rest.startsWith("\u001b[200~")).toBe(true);
        expect(keys.map(({ text }) => text).join("")).not.toMatch(/\p{Cc}/u);
      },
    ),
  );
});
