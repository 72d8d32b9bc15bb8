import { escapeHtml, Html } from "./markup.js";

/** A comment, string, number, keyword, or nothing special. */
type Kind = "c" | "s" | "n" | "k" | "";

const keywords =
  "abstract as async await break case catch class const continue def default del do elif else enum export extends false final finally " +
  "fn for from func function go if impl implements import in interface is lambda let match mod module namespace new nil none null " +
  "package pass private protected public raise return select self static struct super switch this throw trait true try type typeof " +
  "undefined use var void where while with yield";

const keyword = new Set(keywords.split(" "));

// Each alternative ends at the latest where its line or the text ends, and none can match in two ways: linear time.
const string = String.raw`"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|` + "`(?:[^`\\\\]|\\\\[^])*`?";
const word = String.raw`[A-Za-z_$][\w$]*|\d[\w.]*`;
const slashComment = String.raw`\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)`;
const hashComment = String.raw`#[^\n]*`;
const markupComment = String.raw`<!--[^]*?(?:-->|$)`;

const patterns: readonly (readonly [RegExp, string])[] = [
  [
    /\.(?:[cm]?[jt]sx?|go|rs|java|kt|cs|c|h|cc|cpp|hpp|swift|css|scss|less|php|proto|json5?|jsonc)$/iu,
    slashComment,
  ],
  [
    /\.(?:py|rb|sh|bash|zsh|fish|ya?ml|toml|conf|cfg|ini|env|pl|r|tf|lock)$|(?:^|\/)(?:dockerfile|makefile)$/iu,
    hashComment,
  ],
  [/\.(?:html?|xml|svg|vue|svelte)$/iu, markupComment],
];

/** Text in numbered lines; comments, strings, numbers and keywords of common languages are marked, by the file's name. */
export function highlight(text: string, path: string): Html {
  const comment = patterns.find(([names]) => names.test(path))?.[1];
  const lines: string[] = [];
  let line = "";
  for (const [kind, piece] of comment === undefined ? [["", text] as const] : tokens(text, comment)) {
    const [first = "", ...more] = piece.split("\n");
    line += marked(kind, first);
    for (const next of more) {
      lines.push(line);
      line = marked(kind, next);
    }
  }
  // A last line that is empty is only the end of the one before.
  if (!text.endsWith("\n")) lines.push(line);
  return new Html(lines.map((one) => `<span class="l">${one}</span>`).join(""));
}

function marked(kind: Kind, text: string): string {
  const escaped = escapeHtml(text);
  return kind === "" || text === "" ? escaped : `<span class="${kind}">${escaped}</span>`;
}

function* tokens(text: string, comment: string): Generator<readonly [Kind, string]> {
  let at = 0;
  for (const match of text.matchAll(new RegExp(`(${comment})|(${string})|(${word})`, "gu"))) {
    const [token, isComment, isString] = match;
    const kind = isComment !== undefined ? "c" : isString !== undefined ? "s" : kindOfWord(token);
    if (kind === "") continue;
    yield ["", text.slice(at, match.index)];
    yield [kind, token];
    at = match.index + token.length;
  }
  yield ["", text.slice(at)];
}

function kindOfWord(text: string): Kind {
  if (/^\d/u.test(text)) return "n";
  return keyword.has(text) ? "k" : "";
}
