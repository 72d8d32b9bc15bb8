import { printable } from "@blob/core/text";
import type { Archive } from "@blob/format";
import type { Lister } from "./listing.js";
import { search } from "./search.js";

/** What of a directory is listed. */
export interface PlainListRequest {
  readonly path: string;
  readonly filter: string;
  /** With everything below, as paths from the directory. */
  readonly deep: boolean;
}

/** A directory for programs and terminals: a name a line, directories with a slash, as `blob ls` has it. */
export async function* plainList(
  archive: Archive,
  list: Lister,
  { path, filter, deep }: PlainListRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (deep) {
    const from = path === "" ? 0 : path.length + 1;
    for await (const found of search(archive, path, filter, signal)) {
      yield linesOf(found.map((entry) => entry.path.slice(from)));
    }
    return;
  }
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const listing = await list(path, { filter, page }, signal);
    ({ pages } = listing);
    yield linesOf(listing.entries.map(({ kind, name }) => (kind === "directory" ? `${name}/` : name)));
  }
}

function linesOf(names: readonly string[]): Uint8Array {
  return Buffer.from(names.map((name) => `${printable(name)}\n`).join(""));
}
