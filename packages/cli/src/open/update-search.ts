import type { BrowserEvent } from "./browser-event.js";
import type { BrowserState, Mode, Place, Search, Updated } from "./browser-state.js";
import { browsing, selectedNode } from "./browser-state.js";
import type { Key } from "./keys.js";
import { layoutOf } from "./layout.js";
import { editLine } from "./line-editor.js";
import { matcher, nextMatch } from "./path-search.js";
import { reveal, rowAt } from "./tree.js";

export function searchKey(state: BrowserState, mode: Mode & { readonly kind: "search" }, key: Key): Updated {
  if (key.name === "enter") {
    return [tellIfNothing(browsing(state))];
  }
  if (key.name === "escape" || (key.name === "backspace" && mode.editor.text === "")) {
    return [
      { ...browsing(state), place: mode.before, search: undefined },
      { kind: "search", query: "" },
    ];
  }
  if (key.name === "down" || key.name === "up") {
    return [goToMatch({ ...state, search: withoutPlace(state.search) }, key.name === "down" ? 1 : -1)];
  }
  const editor = editLine(mode.editor, key);
  if (editor === undefined) return [state];
  if (editor.text === mode.editor.text) return [{ ...state, mode: { ...mode, editor } }];
  const query = editor.text;
  return [
    {
      ...state,
      // Looked for from where the search began, so that every character narrows the same search.
      place: mode.before,
      mode: { ...mode, editor },
      search: query === "" ? undefined : { query, matches: [], isDone: false, from: mode.before },
    },
    { kind: "search", query },
  ];
}

export function addMatches(
  state: BrowserState,
  found: BrowserEvent & { readonly kind: "found" },
): BrowserState {
  const { search } = state;
  if (search?.query !== found.query) return state;
  const next: BrowserState = {
    ...state,
    search: { ...search, matches: search.matches.concat(found.paths), isDone: found.isDone },
  };
  if (search.from === undefined || found.paths.length === 0) {
    return found.isDone ? tellIfNothing(next) : next;
  }
  const from = rowAt(search.from.tree, search.from.selected)?.node.path ?? "";
  // What was selected among the earlier finds still competes.
  const selected = selectedNode(state)?.path;
  const earlier =
    selected !== undefined && search.matches.length > 0 && matcher(found.query)(selected) ? [selected] : [];
  const nearest = nextMatch([...earlier, ...found.paths], from, 1, true);
  return nearest === undefined ? next : goTo({ ...next, place: search.from }, nearest);
}

export function withoutPlace(search: Search | undefined): Search | undefined {
  return search === undefined ? undefined : { ...search, from: undefined };
}

function tellIfNothing(state: BrowserState): BrowserState {
  const { search, mode } = state;
  return search?.isDone === true && search.matches.length === 0 && mode.kind === "browse"
    ? { ...state, message: { text: "Nothing found", isError: false } }
    : state;
}

export function goToMatch(state: BrowserState, direction: 1 | -1): BrowserState {
  const { search } = state;
  if (search === undefined) {
    return { ...state, message: { text: "Nothing was searched for yet: press /", isError: false } };
  }
  const path = nextMatch(search.matches, selectedNode(state)?.path ?? "", direction);
  if (path === undefined) return { ...state, message: { text: "Nothing found", isError: false } };
  return goTo({ ...state, focus: "tree" }, path);
}

function goTo(state: BrowserState, path: string): BrowserState {
  const { tree, at } = reveal(state.place.tree, path);
  return at === -1 ? state : { ...state, place: centred(state, { ...state.place, tree, selected: at }) };
}

/** Scrolls so that a row far away stands in the middle. */
function centred(state: BrowserState, place: Place): Place {
  const { height } = layoutOf(state.size, "tree");
  const isVisible = place.selected >= place.top && place.selected < place.top + height;
  return isVisible ? place : { ...place, top: Math.max(0, place.selected - Math.floor(height / 2)) };
}
