import { expect, test } from "vitest";
import { printableLines } from "@blob/core/text";
import { escapeHtml, markup } from "./markup.js";

test("what is put into a template is text", () => {
  expect(markup`<b title="${`"'`}">${"<i>&"}${undefined}${[1, markup`<br>`]}</b>`.source).toBe(
    '<b title="&#34;&#39;">&#60;i&#62;&#38;1<br></b>',
  );
});

test("a page shows as code what a terminal does, and nothing else", () => {
  for (let code = 0; code <= 0xffff; code += 1) {
    const character = String.fromCharCode(code);
    if (/[&<>"']/u.test(character)) continue;
    expect(escapeHtml(`a${character}b`)).toBe(printableLines(`a${character}b`));
  }
  expect(escapeHtml("one\ttwo\r\n\u061c\u200e\u202e\u2066\ufeff\u001b")).toBe(
    "one\ttwo\r\n\\u061c\\u200e\\u202e\\u2066\\ufeff\\x1b",
  );
});
