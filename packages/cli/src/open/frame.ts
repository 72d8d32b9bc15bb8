import type { BrowserState } from "./browser-state.js";
import { selectedNode } from "./browser-state.js";
import { groupedNumber, humanSize } from "../output/sizes.js";
import { helpLines } from "./help.js";
import { isTooSmall, layoutOf, smallest } from "./layout.js";
import { cellWidth, cutLine, fillLine, spreadLine } from "./line.js";
import type { Line, Span, Style } from "./line.js";
import type { LineEditor } from "./line-editor.js";
import { matcher } from "./path-search.js";
import { previewPane } from "./preview-pane.js";
import { rowAt } from "./tree.js";
import type { TreeRow } from "./tree.js";
import { printableCells } from "@blob/core/text";

/** The screen, from the top. Only what is visible is computed. */
export function frameOf(state: BrowserState): readonly Line[] {
  const { size } = state;
  if (isTooSmall(size)) return tooSmall(state);
  const { height, treeWidth, previewWidth } = layoutOf(size, state.focus);
  const body: Line[] = [];
  if (state.mode.kind === "help") {
    const lines = helpLines(size.columns);
    for (let row = 0; row < height; row += 1) body.push(cutLine(lines[row] ?? [], size.columns));
  } else {
    const preview = previewWidth === 0 ? [] : previewPane(state, previewWidth, height);
    for (let row = 0; row < height; row += 1) {
      const left = treeWidth === 0 ? [] : treeLine(state, state.place.top + row, treeWidth);
      const right = preview[row] ?? [];
      const rule: Line = treeWidth === 0 || previewWidth === 0 ? [] : [{ text: "│ ", style: "dim" }];
      body.push([...left, ...rule, ...right]);
    }
  }
  return [titleLine(state), ...body, bottomLine(state)];
}

function tooSmall({ size }: BrowserState): readonly Line[] {
  const text = [
    `The terminal has ${String(size.columns)}×${String(size.rows)} cells,`,
    `and at least ${String(smallest.columns)}×${String(smallest.rows)} are needed.`,
    "Enlarge it, or press q to quit.",
  ];
  return text.slice(0, Math.max(1, size.rows)).map((line) => cutLine([span(line)], size.columns));
}

function titleLine({ archive, size }: BrowserState): Line {
  const facts = `${groupedNumber(archive.files)} files · ${humanSize(archive.size)} `;
  return spreadLine(
    [span(" blob  ", "bar"), span(printableCells(archive.reference), "bar")],
    [span(facts, "bar")],
    size.columns,
    "bar",
  );
}

function treeLine(state: BrowserState, at: number, width: number): Line {
  const { tree, selected } = state.place;
  const row = rowAt(tree, at);
  if (row === undefined) return fillLine([], width);
  const isSelected = at === selected;
  const selection: Style | undefined = isSelected
    ? state.focus === "tree"
      ? "selected"
      : "selectedElsewhere"
    : undefined;
  const line = spreadLine(
    [span(isSelected ? "❯" : " "), ...nameSpans(state, row)],
    row.node.kind === "file" ? [span(`  ${humanSize(row.node.entry.size)} `, "dim")] : [],
    width,
  );
  return selection === undefined ? line : line.map(({ text }) => ({ text, style: selection }));
}

function nameSpans(state: BrowserState, { node, depth, isExpanded }: TreeRow): readonly Span[] {
  const isDirectory = node.kind === "directory";
  const mark = isDirectory ? (isExpanded ? "▾ " : "▸ ") : "  ";
  // Deeper levels do not push names out of a narrow pane.
  const indent = span("  ".repeat(Math.min(depth, 12)) + mark, "dim");
  const style: Style = isDirectory ? "directory" : "plain";
  const query = state.search?.query;
  const isMatch = query !== undefined && matcher(query)(node.path);
  const name = printableCells(node.name) + (isDirectory ? "/" : "");
  return [indent, span(name, isMatch ? "match" : style)];
}

const hints = "? help  / search  s save  y copy  q quit";

function bottomLine(state: BrowserState): Line {
  const { mode, size, message, search, place } = state;
  const width = size.columns;
  switch (mode.kind) {
    case "search": {
      const count =
        search === undefined
          ? ""
          : `${groupedNumber(search.matches.length)} found${search.isDone ? "" : "…"} `;
      return editorLine("/", mode.editor, count, width);
    }
    case "save":
      return editorLine("Save to: ", mode.editor, "Enter saves, Esc cancels ", width);
    case "saving":
      return spreadLine(
        [span(message?.text ?? `Saving ${printableCells(mode.path)}…`)],
        [span("Esc stops ", "dim")],
        width,
      );
    case "overwrite": {
      const [first = "", ...more] = mode.existing;
      const what =
        printableCells(first) + (more.length === 0 ? " exists" : ` and ${String(more.length)} more exist`);
      return fillLine([span("Overwrite? [y/N] ", "strong"), span(what)], width);
    }
    case "help":
      return fillLine([span("Any key goes back", "dim")], width);
    case "browse": {
      if (message !== undefined) {
        return fillLine([span(printableCells(message.text), message.isError ? "error" : "strong")], width);
      }
      const position = `${groupedNumber(place.selected + 1)}/${groupedNumber(place.tree.length)} `;
      const path = printableCells(selectedNode(state)?.path ?? "");
      const left = cellWidth(path) + cellWidth(hints) + 16 < width && state.focus === "tree" ? hints : path;
      return spreadLine([span(left, "dim")], [span(position, "dim")], width);
    }
  }
}

/** The end of what is typed is what is seen when it does not fit; the cursor is a cell in reverse. */
function editorLine(prompt: string, { text, cursor }: LineEditor, note: string, width: number): Line {
  const before = printableCells(text.slice(0, cursor));
  const under = Array.from(text.slice(cursor))[0] ?? " ";
  const after = printableCells(text.slice(cursor + (cursor < text.length ? under.length : 0)));
  const room = width - cellWidth(prompt) - (width >= 60 ? cellWidth(note) + 2 : 0);
  const overflow = Math.max(0, cellWidth(before) + 2 - room);
  const input = cutLine(
    [span(before), span(printableCells(under), "selected"), span(after)],
    Math.max(1, room),
    overflow,
  );
  return spreadLine([span(prompt, "strong"), ...input], width >= 60 ? [span(note, "dim")] : [], width);
}

function span(text: string, style: Style = "plain"): Span {
  return { text, style };
}
