import { describe, expect, test } from "vitest";
import { memoryArchive } from "../testing/memory-archive.js";
import type { BrowserState, Effect } from "./browser-state.js";
import { selectedNode } from "./browser-state.js";
import { frameOf } from "./frame.js";
import type { ScreenSize } from "./layout.js";
import { lineWidth } from "./line.js";
import type { BrowserEvent } from "./update.js";
import { initialState, update } from "./update.js";

const files: Record<string, string> = {
  "css/print.css": "p",
  "css/site.css": "site",
  "docs/deep/er/note.md": "n",
  "evil\u001b[2J\u202e": "",
  "index.html": "<h1>",
};

interface Browser {
  state(): BrowserState;
  effects(): readonly Effect[];
  keys(...names: readonly string[]): void;
  happen(event: BrowserEvent): void;
  selected(): string | undefined;
  screen(): readonly string[];
}

function browser(size: ScreenSize = { columns: 100, rows: 24 }, content = files): Browser {
  const root = memoryArchive(content).listDirectory("");
  let state = initialState({ reference: "acme/site:v1", files: 5, size: 10 }, size, root);
  let effects: readonly Effect[] = [];
  const happen = (event: BrowserEvent): void => {
    [state, ...effects] = update(state, event);
  };
  return {
    state: () => state,
    effects: () => effects,
    happen,
    keys(...names) {
      for (const name of names) {
        happen({ kind: "key", key: { name, text: Array.from(name).length === 1 ? name : "" } });
      }
    },
    selected: () => selectedNode(state)?.path,
    screen: () => frameOf(state).map((line) => line.map(({ text }) => text).join("")),
  };
}

describe("the tree", () => {
  test("arrows and letters move, open and close", () => {
    const it = browser();
    expect(it.selected()).toBe("css");
    it.keys("enter", "down");
    expect(it.selected()).toBe("css/print.css");
    it.keys("j", "k", "k", "up");
    expect(it.selected()).toBe("css");
    it.keys("right", "G");
    expect(it.selected()).toBe("index.html");
    it.keys("home", "l", "h", "h");
    expect(it.selected()).toBe("css");
    expect(it.state().place.tree.stretches).toHaveLength(1);
    it.keys("j", "l", "l", "l", "l", "l", "l");
    expect(it.selected()).toBe("docs/deep/er/note.md");
    it.keys("l", "h");
    expect([it.state().focus, it.selected()]).toEqual(["tree", "docs/deep/er/note.md"]);
    it.keys("h");
    expect(it.selected()).toBe("docs/deep/er");
  });

  test("what is selected is previewed, once for each move", () => {
    const it = browser();
    it.keys("down");
    expect(it.effects()).toMatchObject([{ kind: "preview", node: { path: "docs" } }]);
    it.keys("enter");
    expect(it.effects()).toEqual([]);
  });

  test("scrolls by pages and never past its ends", () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`f${String(100 + at)}`, ""]));
    const it = browser({ columns: 100, rows: 12 }, many);
    it.keys("pagedown", "pagedown");
    expect(it.selected()).toBe("f118");
    expect(it.screen().join("\n")).toContain("f118");
    it.keys("pageup", "pageup", "pageup");
    expect(it.selected()).toBe("f100");
    it.keys("end", "pagedown", "down");
    expect(it.selected()).toBe("f199");
    expect(it.state().place.top).toBe(90);
  });
});

describe("the preview", () => {
  const lines = Array.from({ length: 50 }, (_, at) => [
    { text: `line ${String(at)}`, style: "plain" as const },
  ]);

  test("scrolls with the focus, and not past its end", () => {
    const it = browser();
    it.keys("end");
    it.happen({ kind: "preview", path: "index.html", preview: { kind: "text", lines, note: "" } });
    it.keys("tab", "down", "down");
    expect(it.screen().join("\n")).toMatch(/line 2\b/u);
    expect(it.screen().join("\n")).not.toMatch(/line 1\b/u);
    it.keys("G", "down");
    expect(it.screen().at(-2)).toMatch(/line 49$/u);
    it.keys("g", "h");
    expect(it.state().focus).toBe("tree");
  });

  test("of something that is no longer selected is dropped", () => {
    const it = browser();
    it.happen({ kind: "preview", path: "index.html", preview: { kind: "text", lines, note: "" } });
    expect(it.screen().join("\n")).not.toContain("line 0");
  });

  test("an error is shown, and r tries again", () => {
    const it = browser();
    it.keys("end");
    it.happen({ kind: "preview", path: "index.html", preview: { kind: "error", message: "no\u001b route" } });
    expect(it.screen().join("\n")).toContain("Cannot be shown: no\\x1b route");
    it.keys("r");
    expect(it.effects()).toMatchObject([{ kind: "preview", node: { path: "index.html" } }]);
  });
});

describe("the search", () => {
  const found = (query: string, ...paths: string[]): BrowserEvent => ({
    kind: "found",
    query,
    paths,
    isDone: true,
  });

  test("goes to what is found while it is typed, and n and N on from there", () => {
    const it = browser();
    it.keys("/", "n", "o");
    expect(it.effects()).toEqual([{ kind: "search", query: "no" }]);
    it.happen(found("no", "docs/deep/er/note.md"));
    expect(it.selected()).toBe("docs/deep/er/note.md");
    it.keys("enter", "/", ".");
    it.happen(found(".", "css/print.css", "css/site.css", "docs/deep/er/note.md", "index.html"));
    it.keys("enter");
    expect(it.selected()).toBe("docs/deep/er/note.md");
    it.keys("n");
    expect(it.selected()).toBe("index.html");
    it.keys("n");
    expect(it.selected()).toBe("css/print.css");
    it.keys("N", "N");
    expect(it.selected()).toBe("docs/deep/er/note.md");
  });

  test("goes to what is found after Enter, too, unless the user went on", () => {
    const it = browser();
    it.keys("/", "o", "enter");
    it.happen({ ...found("o", "docs"), isDone: false } as BrowserEvent);
    expect(it.selected()).toBe("docs");
    it.keys("home");
    it.happen(found("o", "docs/deep/er/note.md"));
    expect(it.selected()).toBe("css");
    it.keys("/", "x", "enter");
    it.happen(found("x"));
    expect(it.screen().at(-1)).toContain("Nothing found");
  });

  test("Escape goes back to where it began", () => {
    const it = browser();
    const { place } = it.state();
    it.keys("/", "n");
    it.happen(found("n", "docs/deep/er/note.md"));
    it.keys("escape");
    expect(it.state().place).toEqual(place);
  });

  test("letters are text while it is typed", () => {
    const it = browser();
    it.keys("/", "q", "?", "backspace");
    expect(it.state().mode).toMatchObject({ kind: "search", editor: { text: "q" } });
    it.happen(found("older query", "index.html"));
    expect(it.selected()).toBe("css");
  });
});

describe("saving", () => {
  test("asks for a destination, and before anything is overwritten", () => {
    const it = browser();
    it.keys("end", "s");
    expect(it.screen().at(-1)).toContain("./index.html");
    it.keys("backspace", "enter");
    const request = { path: "index.html", destination: "./index.htm", overwrite: undefined };
    expect(it.effects()).toEqual([{ kind: "save", request }]);
    it.happen({ kind: "saved", request, files: 0, size: 0, target: "", skipped: ["index.html"] });
    expect(it.screen().at(-1)).toContain("Overwrite? [y/N] index.html exists");
    it.keys("enter");
    expect([it.effects(), it.state().mode]).toEqual([[], { kind: "browse" }]);
    it.happen({ kind: "saved", request, files: 0, size: 0, target: "", skipped: ["index.html"] });
    it.keys("y");
    expect(it.effects()).toEqual([{ kind: "save", request: { ...request, overwrite: ["index.html"] } }]);
  });

  test("Escape cancels it, before and during", () => {
    const it = browser();
    it.keys("s", "escape");
    expect(it.state().mode.kind).toBe("browse");
    it.keys("s", "enter", "q", "escape");
    expect(it.effects()).toEqual([{ kind: "cancelSave" }]);
    it.happen({ kind: "saveFailed", message: "Not saved: disk full" });
    expect(it.screen().at(-1)).toContain("disk full");
  });
});

test("q, Ctrl-C and y leave and copy", () => {
  const it = browser();
  it.keys("y");
  expect(it.effects()).toEqual([{ kind: "copy", path: "css" }]);
  it.keys("q");
  expect(it.effects()).toEqual([{ kind: "quit" }]);
  it.keys("/", "ctrl-c");
  expect(it.effects()).toEqual([{ kind: "interrupt" }]);
});

describe("the screen", () => {
  test.each([
    [200, 50],
    [100, 24],
    [76, 16],
    [75, 15],
    [40, 10],
  ])("is never larger than %d×%d, in every mode", (columns, rows) => {
    const it = browser({ columns, rows });
    const check = (): void => {
      const frame = frameOf(it.state());
      expect(frame).toHaveLength(rows);
      for (const line of frame) expect(lineWidth(line)).toBeLessThanOrEqual(columns);
    };
    for (const key of ["enter", "G", "tab", "tab", "?", "x", "/", "c", "漢", "enter", "s", "x"]) {
      it.keys(key);
      check();
    }
    it.keys("enter");
    check();
  });

  test("shows hostile names harmlessly", () => {
    const screen = browser().screen().join("\n");
    expect(screen).toContain("evil\\x1b[2J\\u202e");
    expect(screen).not.toMatch(/[\u001b\u202e]/u);
  });

  test("that is narrow has one pane, the one with the focus", () => {
    const it = browser({ columns: 60, rows: 20 });
    expect(it.screen().join("\n")).not.toContain("│");
    it.keys("tab");
    expect(it.screen().join("\n")).not.toContain("index.html");
  });

  test("that is too small says so, and goes on when it grows", () => {
    const it = browser({ columns: 39, rows: 9 });
    expect(it.screen().join(" ")).toContain("at least 40×10");
    it.happen({ kind: "resize", size: { columns: 80, rows: 20 } });
    expect(it.screen().join("\n")).toContain("index.html");
  });

  test("of an empty archive takes keys, too", () => {
    const it = browser({ columns: 80, rows: 20 }, {});
    it.keys("j", "enter", "l", "h", "G", "n", "s", "y", "tab", "j", "pagedown", "tab", "/", "x", "enter");
    expect(it.screen().join("\n")).toContain("The archive is empty");
  });
});
