import type { DirectoryEntry } from "@blob/format";
import type { ScreenSize } from "./layout.js";
import type { LineEditor } from "./line-editor.js";
import type { Preview } from "./preview.js";
import { rowAt } from "./tree.js";
import type { Tree } from "./tree.js";

/** Everything that the screen shows. Never changed in place. */
export interface BrowserState {
  /** For the title: what is open, how many files it has, and how large they are. */
  readonly archive: { readonly reference: string; readonly files: number; readonly size: number };
  readonly size: ScreenSize;
  readonly focus: "tree" | "preview";
  readonly place: Place;
  readonly preview: Preview;
  /** The first line, and the first cell of the lines, that the preview shows. */
  readonly previewAt: { readonly line: number; readonly cell: number };
  readonly search: Search | undefined;
  readonly mode: Mode;
  readonly message: Message | undefined;
}

/** The tree, the selected row, and the first row that is shown. */
export interface Place {
  readonly tree: Tree;
  readonly selected: number;
  readonly top: number;
}

export interface Search {
  readonly query: string;
  /** Paths, in the order in which they were found. */
  readonly matches: readonly string[];
  readonly isDone: boolean;
  /** Where the search began, until the user goes elsewhere: what is nearest after it is gone to. */
  readonly from: Place | undefined;
}

/** What keys mean at the moment. */
export type Mode =
  | { readonly kind: "browse" }
  | { readonly kind: "help" }
  /** Typing what to look for; Escape goes back to the place before. */
  | { readonly kind: "search"; readonly editor: LineEditor; readonly before: Place }
  | { readonly kind: "save"; readonly editor: LineEditor; readonly path: string }
  | { readonly kind: "saving"; readonly path: string }
  | { readonly kind: "overwrite"; readonly request: SaveRequest; readonly existing: readonly string[] };

export interface Message {
  readonly text: string;
  readonly isError: boolean;
}

export interface SaveRequest {
  /** A file or directory of the archive. */
  readonly path: string;
  readonly destination: string;
  /** Files of the archive that replace existing ones; nothing else is replaced. */
  readonly overwrite: readonly string[] | undefined;
}

/** What `update` wants done. */
export type Effect =
  | { readonly kind: "quit" }
  | { readonly kind: "interrupt" }
  | { readonly kind: "preview"; readonly node: DirectoryEntry }
  | { readonly kind: "search"; readonly query: string }
  | { readonly kind: "copy"; readonly path: string }
  | { readonly kind: "save"; readonly request: SaveRequest }
  | { readonly kind: "cancelSave" };

/** A state, and what has to be done because of it. */
export type Updated = readonly [state: BrowserState, ...effects: readonly Effect[]];

export function selectedNode({ place }: BrowserState): DirectoryEntry | undefined {
  return rowAt(place.tree, place.selected)?.node;
}

/** Back to the tree and the preview, whatever was asked. */
export function browsing(state: BrowserState): BrowserState {
  return { ...state, mode: { kind: "browse" } };
}
