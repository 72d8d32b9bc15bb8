import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderMarkdown } from "./markdown.js";

const base = "http://127.0.0.1:8080";

/** What a browser takes for links and pictures of a document. */
function targetsIn(source: string): readonly { readonly url: URL; readonly isMarked: boolean }[] {
  return [...source.matchAll(/<(?:a|img)\b[^>]*>/gu)].map(([tag]) => {
    const written = /(?:href|src)="([^"]*)"/u.exec(tag)?.[1] ?? "";
    const target = written
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&quot;", '"')
      .replaceAll("&amp;", "&");
    return { url: new URL(target, `${base}/docs/guide.md?preview`), isMarked: tag.includes("noopener") };
  });
}

function expectHarmless(source: string): void {
  for (const { url, isMarked } of targetsIn(source)) {
    if (isMarked) expect(["http:", "https:", "mailto:"]).toContain(url.protocol);
    else expect(url.origin).toBe(base);
  }
}

function hrefOf(link: string): string | undefined {
  return /<a href="([^"]*)"/u.exec(renderMarkdown("docs/guide.md", `[x](<${link}>)`).source)?.[1];
}

describe("no spelling of a host is a link to it that does not say so", () => {
  test.each([
    "//evil.example",
    "/%2Fevil.example",
    "/%2fevil.example/x",
    "%2F%2Fevil.example",
    "%2F/evil.example",
    "/.//evil.example",
    "/./%2Fevil.example",
    "/x/..//evil.example",
    "/x/../%2Fevil.example",
    "..//evil.example",
    "../%2Fevil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%5Cevil.example",
    "%5C%5Cevil.example",
    "/%5C%5Cevil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "/%09/evil.example",
    "%09//evil.example",
    " //evil.example",
    "%20//evil.example",
    "/%0A/evil.example",
    "/%00/evil.example",
    "/&#47;evil.example",
    "&#x2f;&#x2f;evil.example",
    "/&sol;evil.example",
    "&bsol;&bsol;evil.example",
    "http:evil.example",
    "http:/evil.example",
    "https:\\\\evil.example",
    "https:%5C%5Cevil.example",
    "///evil.example",
    "////evil.example",
    "/%2F%2Fevil.example",
    "/%252Fevil.example",
    "\u2028//evil.example",
    "/\u2044evil.example",
    "/\uff0fevil.example",
  ])("%j", (link) => {
    for (const document of [`[x](<${link}>)`, `[x](${link})`, `![x](<${link}>)`, `[x]\n\n[x]: <${link}>`]) {
      const { source } = renderMarkdown("docs/guide.md", document);
      expectHarmless(source);
      expect(source).not.toMatch(/(?:href|src)="(?:\/|%2f|%5c|\\)(?:\/|\\)/iu);
      for (const { url } of targetsIn(source)) expect(url.host).toBe(new URL(base).host);
    }
  });

  test("a document at the top has none either", () => {
    for (const link of ["%2Fevil.example", "/%2Fevil.example", "./%2Fevil.example", "%2F%2Fevil.example"]) {
      expectHarmless(renderMarkdown("README.md", `[x](${link}) ![x](${link})`).source);
    }
  });
});

test.each([
  ["sub/page.md", "/docs/sub/page.md?preview"],
  ["sub/", "/docs/sub/"],
  ["sub/?x#y", "/docs/sub/"],
  ["/", "/"],
  ["..", "/"],
  ["../a b%20c.md#top", "/a%20b%20c.md?preview"],
  ["/%25.md", "/%25.md?preview"],
  ["./%e4", "/docs/%25e4?preview"],
  ["#top", "#section-top"],
  ["https://Example.com", "https://example.com/"],
  ["HTTP://example.com:80/a?b#c", "http://example.com/a?b#c"],
  ["mailto:somebody@example.com", "mailto:somebody@example.com"],
  ["../../x", undefined],
  ["%2e%2e/x", undefined],
  ["/a%2Fb", undefined],
  ["javascript:alert(1)", undefined],
  ["data:text/html,x", undefined],
  ["https://", undefined],
  ["/a%5C%2e%2Fb", undefined],
])("[x](%s) leads to %s", (link, href) => {
  expect(hrefOf(link)).toBe(href);
});

test("a path that cannot be asked for is no link", () => {
  expect(hrefOf(`/${"a/".repeat(3000)}`)).toBeUndefined();
});

test("whatever a document links to is on this server, or a marked link to another site", () => {
  const piece = fc.constantFrom(
    ..."/ \\ // . .. : ? # @ % %2F %2f %5C %2e %00 %09 %0a \t a evil.example http https: javascript: mailto: data: &#47; &sol; \u2028 < >".split(
      " ",
    ),
    " ",
    "\n",
  );
  const link = fc.oneof(
    fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")),
    fc.string({ unit: "binary", maxLength: 12 }),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
  );
  const place = fc.constantFrom("guide.md", "docs/guide.md", "a/b c/%2F/x.md");
  const write = fc.constantFrom(
    (to: string) => `[x](<${to}>)`,
    (to: string) => `[x](${to})`,
    (to: string) => `![x](${to})`,
    (to: string) => `<${to}>`,
    (to: string) => `[x]\n\n[x]: ${to}`,
    (to: string) => `[![x](${to})](${to} "title")`,
  );
  fc.assert(
    fc.property(place, write, link, (path, document, to) =>
      expectHarmless(renderMarkdown(path, document(to)).source),
    ),
    { numRuns: 3000 },
  );
});
