/** A key that was pressed. */
export interface Key {
  /** What it is called: `up`, `enter`, `ctrl-c`; a character is its own name. Pasted text is `paste`. */
  readonly name: string;
  /** What it types; empty for keys that type nothing. */
  readonly text: string;
}

const escape = "\u001b";
const pasteEnd = `${escape}[201~`;
/** More is not meant for a line of input. */
const longestPaste = 64 * 1024;

const finals: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  Z: "shift-tab",
};
const numbers: Readonly<Record<string, string>> = {
  "1": "home",
  "3": "delete",
  "4": "end",
  "5": "pageup",
  "6": "pagedown",
  "7": "home",
  "8": "end",
};
const controls: Readonly<Record<string, string>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\b": "backspace",
  "\u007f": "backspace",
};

/**
 * The keys in what a terminal sent, and the rest that may be the beginning of one. When nothing follows it soon, the
 * rest is what it looks like: call again with `isComplete`.
 */
export function decodeKeys(
  input: string,
  isComplete = false,
): { readonly keys: readonly Key[]; readonly rest: string } {
  const keys: Key[] = [];
  let rest = input;
  while (rest !== "") {
    if (rest.startsWith(`${escape}[200~`)) {
      const end = rest.indexOf(pasteEnd);
      if (end === -1 && rest.length < longestPaste) return { keys, rest };
      const pasted = rest.slice(6, end === -1 ? undefined : end);
      keys.push({ name: "paste", text: pasted.replace(/\p{Cc}/gu, "") });
      rest = end === -1 ? "" : rest.slice(end + pasteEnd.length);
      continue;
    }
    if (rest.startsWith(escape)) {
      const sequence = /^\u001b(?:\[([\d;?<]*)([~A-Za-z])|O([A-Za-z]))/u.exec(rest);
      if (sequence !== null) {
        const [all, parameters = "", final = "", single = ""] = sequence;
        const name = final === "~" ? numbers[parameters.split(";")[0] ?? ""] : finals[final || single];
        if (name !== undefined) keys.push({ name, text: "" });
        rest = rest.slice(all.length);
        continue;
      }
      if (!isComplete && /^\u001b(?:\[[\d;?<]{0,32}|O)?$/u.test(rest)) return { keys, rest };
      // Escape before a character is the Alt key: none of ours. Before another escape it is itself.
      const isAlone = rest.length === 1 || rest[1] === escape;
      if (isAlone) keys.push({ name: "escape", text: "" });
      rest = rest.slice(isAlone ? 1 : 2);
      continue;
    }
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    keys.push(keyOf(character));
    rest = rest.slice(character.length);
  }
  return { keys, rest };
}

function keyOf(character: string): Key {
  const control = controls[character];
  if (control !== undefined) return { name: control, text: "" };
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return { name: `ctrl-${String.fromCodePoint(code + 0x60)}`, text: "" };
  return { name: character, text: /\p{Cc}/u.test(character) ? "" : character };
}
