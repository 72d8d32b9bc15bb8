import fc from "fast-check";
import { expect, test } from "vitest";
import { nextLink } from "./link-header.js";

test.each([
  ['</v2/a/tags/list?n=1&last=b>; rel="next"', "/v2/a/tags/list?n=1&last=b"],
  ["</x>; rel=next", "/x"],
  ['</x>;rel="prev next"', "/x"],
  ['</a>; rel="prev", </b>; rel="next"', "/b"],
  ['</a,b;c>; title="x, y; rel=\\"next\\""; rel="prev", </b>; REL=NEXT', "/b"],
  ['</x>; rel="prev"', undefined],
  ["</x>", undefined],
  ["</x; rel=next", undefined],
  ["next", undefined],
  ["", undefined],
  [undefined, undefined],
])("%j", (header, expected) => {
  expect(nextLink(header)).toBe(expected);
});

test("ends on everything", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[<>;,"\\ =relnxt/]*$/u), (header) => {
      nextLink(header);
    }),
  );
  expect(nextLink("<".repeat(50_000))).toBeUndefined();
  expect(nextLink("<>;,".repeat(50_000))).toBeUndefined();
});

test.each([
  ['x>; rel="next"', undefined],
  ["</x,>; rel=next", "/x,"],
  ['</a>; title="a\\", b"; rel=next', "/a"],
  ["</a>; x=\\, </b>; rel=next", "/b"],
  ['</a>; title="x, y"; rel=next', "/a"],
  ["</a>; x=<, </b>; rel=next", "/b"],
])("commas, quotes and brackets in odd places: %j", (header, expected) => {
  expect(nextLink(header)).toBe(expected);
});
