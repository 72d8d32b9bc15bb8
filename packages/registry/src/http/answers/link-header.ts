/**
 * The target of `rel="next"` in a `Link` header (RFC 8288), as it is written there. Commas and semicolons may stand
 * inside of the target and of quoted values.
 */
export function nextLink(header: string | undefined): string | undefined {
  const text = header ?? "";
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("<", at);
    const close = open < 0 ? -1 : text.indexOf(">", open);
    if (close < 0) return undefined;
    const parameters = readParameters(text, close + 1);
    if (isNext(parameters.text)) return text.slice(open + 1, close);
    at = parameters.end;
  }
  return undefined;
}

/** Everything up to the comma that ends this link. */
function readParameters(text: string, start: number): { readonly text: string; readonly end: number } {
  let quoted = false;
  let at = start;
  for (; at < text.length; at += 1) {
    const character = text[at];
    if (quoted && character === "\\") at += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === "," && !quoted) break;
  }
  return { text: text.slice(start, at), end: at + 1 };
}

function isNext(parameters: string): boolean {
  const rel = /;\s*rel\s*=\s*(?:"(?<quoted>[^"]*)"|(?<token>[^\s;,"]+))/iu.exec(parameters)?.groups;
  const relations = (rel?.["quoted"] ?? rel?.["token"] ?? "").toLowerCase().split(/\s+/u);
  return relations.includes("next");
}
