import type { Archive, DirectoryEntry } from "@blob/format";
import { formatTime, isoTime } from "../output/entry-text.js";
import { groupedNumber, humanSize } from "../output/sizes.js";
import type { Html } from "./markup.js";
import { markup } from "./markup.js";
import { iconOf } from "./icons.js";
import type { ListingPage } from "./listing.js";
import type { Page } from "./page.js";
import { renderPage } from "./page.js";
import type { ServedSubject } from "./served-subject.js";
import { isUrlPath, urlPathOf } from "@blob/format/handler";

export interface DirectoryPageParts {
  readonly archive: Archive;
  readonly subject: ServedSubject;
  readonly path: string;
  readonly filter: string;
  /** Whether `listing` has files from everywhere below, by their paths from the directory. */
  readonly deep: boolean;
  readonly listing: ListingPage;
}

/** The index page of a directory: a table of names, sizes and times, with a filter that works without scripts too. */
export function renderDirectory(parts: DirectoryPageParts): Page {
  const { archive, subject, path, filter, deep, listing } = parts;
  const name = path === "" ? "All files" : path.slice(path.lastIndexOf("/") + 1);
  const stats = archive.directoryStats(path);
  const isComplete = !deep && listing.pages === 1 && listing.found === listing.total;
  const parent =
    path === "" ? undefined : urlPathOf(path.slice(0, Math.max(0, path.lastIndexOf("/"))), "directory");
  const content = markup`<div class="title">
      <h1>${name}</h1>
      <p class="facts">${count(stats.files, "file")} · ${humanSize(stats.size)}</p>
    </div>
    <form role="search" method="get" data-complete="${String(isComplete)}">
      <label for="filter">Filter this directory</label>
      <div class="field">
        <input
          id="filter"
          name="q"
          type="search"
          value="${filter}"
          autocomplete="off"
          spellcheck="false"
          placeholder="Part of a name"
        />
        <button>Filter</button>
        <button name="deep" value="1">Search everything below</button>
      </div>
    </form>
    <p class="buttons">
      <a class="button" href="?download=tar" download>${iconOf("download")}Download as tar</a>
      <a class="button" href="?download=zip" download>${iconOf("download")}as zip</a>
    </p>
    <p id="shown" role="status" data-all="${describe(parts)}">${describe(parts)}</p>
    <table>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" class="size">Size</th>
          <th scope="col" class="time">Modified (UTC)</th>
          <th scope="col" class="actions"><span class="hidden">Download</span></th>
        </tr>
      </thead>
      <tbody>
        ${
          parent === undefined
            ? undefined
            : markup`<tr>
                <td colspan="4">
                  <a class="name" href="${parent}">${iconOf("parent")}<span>Parent directory</span></a>
                </td>
              </tr>`
        }
        ${rows(archive, listing.entries)}
      </tbody>
    </table>
    ${pager(parts)}`;
  return renderPage({ subject, path, content, withFilter: true });
}

/** How much of a page names may be, in characters: of the longest that file systems have, a page takes less. */
const maxNames = 160 * 1024;

/** Names that are longer than any file system has are shown as far as a line goes. */
const shownName = 200;

function rows(archive: Archive, entries: readonly DirectoryEntry[]): readonly Html[] {
  let left = maxNames;
  return entries.map((entry) => {
    left -= entry.name.length;
    return left >= 0 && isUrlPath(entry.path) ? row(archive, entry) : rowWithoutLinks(entry);
  });
}

/** Of what no URL leads to, or of a page that would get too large. */
function rowWithoutLinks({ kind, name }: DirectoryEntry): Html {
  const shown = name.length > shownName ? `${name.slice(0, shownName)}…` : name;
  return markup`<tr data-name="${shown}">
    <td>
      <div class="name" title="Too long for a link">${iconOf(kind)}<span>${shown}</span></div>
    </td>
    <td class="size"></td>
    <td class="time"></td>
    <td class="actions"></td>
  </tr> `;
}

/** Links are relative to the directory: its path would be in each of them. */
function row(archive: Archive, one: DirectoryEntry): Html {
  const url = `./${one.name.split("/").map(encodeURIComponent).join("/")}`;
  if (one.kind === "directory") {
    const { files, size } = archive.directoryStats(one.path);
    return markup`<tr data-name="${one.name}">
      <td>
        <a class="name" href="${url}/">${iconOf("directory")}<span>${one.name}/</span></a>
      </td>
      <td class="size" title="${count(files, "file")}">${humanSize(size)}</td>
      <td class="time"></td>
      <td class="actions"></td>
    </tr> `;
  }
  const { size, mtimeNs } = one.entry;
  return markup`<tr data-name="${one.name}">
    <td>
      <a class="name" href="${url}?preview">${iconOf("file")}<span>${one.name}</span></a>
    </td>
    <td class="size" title="${String(size)} bytes">${humanSize(size)}</td>
    <td class="time"><time datetime="${isoTime(mtimeNs)}">${formatTime(mtimeNs)}</time></td>
    <td class="actions">
      <a href="${url}?download" download aria-label="Download ${one.name}">${iconOf("download")}</a>
    </td>
  </tr> `;
}

function describe({ filter, deep, listing }: DirectoryPageParts): string {
  const { found, total, page, pages } = listing;
  const which = deep
    ? `${count(found, "file")} of ${groupedNumber(total)} fit “${filter}”, here and below`
    : filter === ""
      ? count(total, "entry", "entries")
      : `${String(found)} of ${count(total, "entry", "entries")} fit “${filter}”`;
  return pages === 1 ? which : `${which}, page ${String(page)} of ${String(pages)}`;
}

function pager({ filter, deep, listing }: DirectoryPageParts): Html | undefined {
  const { page, pages } = listing;
  if (pages === 1) return undefined;
  const link = (to: number, text: string, rel?: string): Html => {
    if (to < 1 || to > pages || to === page) return markup`<span aria-disabled="true">${text}</span>`;
    const query = new URLSearchParams({
      ...(filter === "" ? {} : { q: filter }),
      ...(deep ? { deep: "1" } : {}),
      page: String(to),
    });
    return markup`<a href="?${query.toString()}" ${rel === undefined ? undefined : markup` rel="${rel}"`}
      >${text}</a
    >`;
  };
  return markup`<nav class="pager" aria-label="Pages">
    ${link(1, "First")}${link(page - 1, "Previous", "prev")}<span>Page ${page} of ${pages}</span
    >${link(page + 1, "Next", "next")}${link(pages, "Last")}
  </nav>`;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${groupedNumber(number)} ${number === 1 ? one : many}`;
}
