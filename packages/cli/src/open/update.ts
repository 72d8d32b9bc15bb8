import type { DirectoryListing } from "@blob/format";
import type { BrowserEvent } from "./browser-event.js";
import type { BrowserState, Mode, Place, Updated } from "./browser-state.js";
import { browsing, selectedNode } from "./browser-state.js";
import { humanSize } from "../output/sizes.js";
import type { Key } from "./keys.js";
import { layoutOf } from "./layout.js";
import type { ScreenSize } from "./layout.js";
import { editLine, editorOf } from "./line-editor.js";
import { previewHeight } from "./preview.js";
import { collapse, createTree, expand, parentOf, rowAt } from "./tree.js";
import { addMatches, goToMatch, searchKey, withoutPlace } from "./update-search.js";

/** The state that a browser begins with. */
export function initialState(
  archive: BrowserState["archive"],
  size: ScreenSize,
  root: DirectoryListing,
): BrowserState {
  return {
    archive,
    size,
    focus: "tree",
    place: { tree: createTree(root), selected: 0, top: 0 },
    preview: { kind: "loading" },
    previewAt: { line: 0, cell: 0 },
    search: undefined,
    mode: { kind: "browse" },
    message: undefined,
  };
}

/** The next state. Pure; costs what is on the screen, or the size of a directory that opens. */
export function update(state: BrowserState, event: BrowserEvent): Updated {
  const [next, ...effects] = apply(state, event);
  const before = selectedNode(state)?.path;
  const node = selectedNode(next);
  const shown = keepInView(next);
  if (node === undefined || node.path === before) return [shown, ...effects];
  return [
    { ...shown, preview: { kind: "loading" }, previewAt: { line: 0, cell: 0 } },
    ...effects,
    { kind: "preview", node },
  ];
}

function apply(state: BrowserState, event: BrowserEvent): Updated {
  switch (event.kind) {
    case "key":
      return pressKey(state, event.key);
    case "resize":
      return [{ ...state, size: event.size }];
    case "preview":
      return [event.path === selectedNode(state)?.path ? { ...state, preview: event.preview } : state];
    case "found":
      return [addMatches(state, event)];
    case "message":
      return [{ ...state, message: event.message }];
    case "saved":
      return [afterSave(state, event)];
    case "saveFailed":
      return [{ ...browsing(state), message: { text: event.message, isError: true } }];
  }
}

function pressKey(state: BrowserState, key: Key): Updated {
  if (key.name === "ctrl-c") return [state, { kind: "interrupt" }];
  const { mode } = state;
  switch (mode.kind) {
    case "browse":
      return browseKey({ ...state, message: undefined, search: withoutPlace(state.search) }, key);
    case "help":
      return [browsing(state)];
    case "search":
      return searchKey(state, mode, key);
    case "save":
      return saveKey(state, mode, key);
    case "saving":
      return key.name === "escape" ? [state, { kind: "cancelSave" }] : [state];
    case "overwrite": {
      if (key.name !== "y" && key.name !== "Y") {
        const text = `Left alone what exists: ${String(mode.existing.length)}`;
        return [{ ...browsing(state), message: { text, isError: false } }];
      }
      const request = { ...mode.request, overwrite: mode.existing };
      return [
        { ...state, mode: { kind: "saving", path: request.path } },
        { kind: "save", request },
      ];
    }
  }
}

function browseKey(state: BrowserState, key: Key): Updated {
  const node = selectedNode(state);
  switch (key.name) {
    case "q":
      return [state, { kind: "quit" }];
    case "?":
      return [{ ...state, mode: { kind: "help" } }];
    case "tab":
    case "shift-tab":
      return [{ ...state, focus: state.focus === "tree" ? "preview" : "tree" }];
    case "/":
      return [
        {
          ...state,
          mode: { kind: "search", editor: editorOf(""), before: state.place },
          focus: "tree",
        },
      ];
    case "n":
      return [goToMatch(state, 1)];
    case "N":
      return [goToMatch(state, -1)];
    case "escape":
      return state.focus === "preview" ? [{ ...state, focus: "tree" }] : [{ ...state, search: undefined }];
    case "y":
      return node === undefined ? [state] : [state, { kind: "copy", path: node.path }];
    case "s":
      return node === undefined
        ? [state]
        : [{ ...state, mode: { kind: "save", editor: editorOf(`./${node.name}`), path: node.path } }];
    case "r":
      return node === undefined
        ? [state]
        : [
            { ...state, preview: { kind: "loading" } },
            { kind: "preview", node },
          ];
    default:
      return [state.focus === "tree" ? treeKey(state, key) : previewKey(state, key)];
  }
}

function treeKey(state: BrowserState, key: Key): BrowserState {
  const { tree, selected } = state.place;
  const row = rowAt(tree, selected);
  const page = Math.max(1, layoutOf(state.size, "tree").height - 1);
  switch (key.name) {
    case "up":
    case "k":
      return select(state, selected - 1);
    case "down":
    case "j":
      return select(state, selected + 1);
    case "pageup":
    case "ctrl-b":
      return select(state, selected - page);
    case "pagedown":
    case "ctrl-f":
      return select(state, selected + page);
    case "home":
    case "g":
      return select(state, 0);
    case "end":
    case "G":
      return select(state, tree.length - 1);
    case "enter":
    case "space":
    case " ":
      if (row?.node.kind === "file") return { ...state, focus: "preview" };
      return row?.isExpanded === true
        ? withTree(state, collapse(tree, selected))
        : withTree(state, expand(tree, selected));
    case "right":
    case "l":
      if (row?.node.kind !== "directory") return row === undefined ? state : { ...state, focus: "preview" };
      return row.isExpanded ? select(state, selected + 1) : withTree(state, expand(tree, selected));
    case "left":
    case "h": {
      if (row?.isExpanded === true) return withTree(state, collapse(tree, selected));
      const parent = parentOf(tree, selected);
      return parent === -1 ? state : select(state, parent);
    }
    default:
      return state;
  }
}

/** A step sideways in a long line. */
const cellStep = 8;
/** No line of a preview is longer. */
const lastCell = 256 * 1024;

function previewKey(state: BrowserState, key: Key): BrowserState {
  const { line, cell } = state.previewAt;
  const page = bodyHeight(state) - 1;
  const to = (nextLine: number, nextCell = cell): BrowserState => ({
    ...state,
    previewAt: { line: nextLine, cell: Math.min(lastCell, Math.max(0, nextCell)) },
  });
  switch (key.name) {
    case "up":
    case "k":
      return to(line - 1);
    case "down":
    case "j":
    case "enter":
      return to(line + 1);
    case "pageup":
    case "ctrl-b":
      return to(line - page);
    case "pagedown":
    case "ctrl-f":
    case " ":
      return to(line + page);
    case "home":
    case "g":
      return to(0, 0);
    case "end":
    case "G":
      return to(Number.MAX_SAFE_INTEGER);
    case "right":
    case "l":
      return to(line, cell + cellStep);
    case "left":
    case "h":
      // At the beginning of the lines there is only the tree to the left.
      return cell === 0 ? { ...state, focus: "tree" } : to(line, cell - cellStep);
    default:
      return state;
  }
}

function saveKey(state: BrowserState, mode: Mode & { readonly kind: "save" }, key: Key): Updated {
  if (key.name === "escape") return [browsing(state)];
  if (key.name === "enter") {
    const destination = mode.editor.text;
    if (destination === "") return [browsing(state)];
    const request = { path: mode.path, destination, overwrite: undefined };
    return [
      { ...state, mode: { kind: "saving", path: mode.path } },
      { kind: "save", request },
    ];
  }
  const editor = editLine(mode.editor, key);
  return [editor === undefined ? state : { ...state, mode: { ...mode, editor } }];
}

function afterSave(state: BrowserState, saved: BrowserEvent & { readonly kind: "saved" }): BrowserState {
  const { request, files, size, target, skipped } = saved;
  if (skipped.length > 0 && request.overwrite === undefined) {
    return { ...state, mode: { kind: "overwrite", request, existing: skipped } };
  }
  const what = files === 1 ? "1 file" : `${String(files)} files`;
  const text = `Saved ${what} (${humanSize(size)}) to ${target}`;
  return { ...browsing(state), message: { text, isError: false } };
}

function select(state: BrowserState, at: number): BrowserState {
  return { ...state, place: { ...state.place, selected: at } };
}

function withTree(state: BrowserState, tree: Place["tree"]): BrowserState {
  return { ...state, place: { ...state.place, tree } };
}

function bodyHeight({ size, focus }: BrowserState): number {
  const { height, factRows } = layoutOf(size, focus);
  return Math.max(1, height - factRows);
}

/** The selection stays in the tree and on the screen, and the preview does not scroll past its end. */
function keepInView(state: BrowserState): BrowserState {
  const { place, previewAt, preview } = state;
  const { height, previewWidth } = layoutOf(state.size, state.focus);
  const rows = place.tree.length;
  const selected = Math.max(0, Math.min(place.selected, rows - 1));
  const top = clamp(clamp(place.top, selected - height + 1, selected), 0, Math.max(0, rows - height));
  const lines = previewHeight(preview, previewWidth);
  const line = Math.max(0, Math.min(previewAt.line, lines - bodyHeight(state)));
  return { ...state, place: { ...place, selected, top }, previewAt: { ...previewAt, line } };
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
