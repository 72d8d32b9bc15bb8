import type { Key } from "./keys.js";

/** One line of input and the cursor in it, in code units. */
export interface LineEditor {
  readonly text: string;
  readonly cursor: number;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

export function editorOf(text: string): LineEditor {
  return { text, cursor: text.length };
}

/** What a key does to the line; `undefined` for a key that does nothing here. */
export function editLine({ text, cursor }: LineEditor, key: Key): LineEditor | undefined {
  const before = text.slice(0, cursor);
  const after = text.slice(cursor);
  switch (key.name) {
    case "left":
      return { text, cursor: cursor - lastGrapheme(before) };
    case "right":
      return { text, cursor: cursor + firstGrapheme(after) };
    case "home":
    case "ctrl-a":
      return { text, cursor: 0 };
    case "end":
    case "ctrl-e":
      return { text, cursor: text.length };
    case "backspace": {
      const kept = before.slice(0, before.length - lastGrapheme(before));
      return { text: kept + after, cursor: kept.length };
    }
    case "delete":
      return { text: before + after.slice(firstGrapheme(after)), cursor };
    case "ctrl-u":
      return { text: after, cursor: 0 };
    case "ctrl-k":
      return editorOf(before);
    case "ctrl-w": {
      const kept = before.replace(/[^\s/]*[\s/]*$/u, "");
      return { text: kept + after, cursor: kept.length };
    }
    default:
      if (key.text === "") return undefined;
      return { text: before + key.text + after, cursor: cursor + key.text.length };
  }
}

function lastGrapheme(text: string): number {
  // No grapheme that somebody types is longer.
  return [...graphemes.segment(text.slice(-64))].at(-1)?.segment.length ?? 0;
}

function firstGrapheme(text: string): number {
  const [first] = graphemes.segment(text.slice(0, 64));
  return first?.segment.length ?? 0;
}
