import { Html, markup } from "./markup.js";
import { filterScript } from "./filter-script.js";
import { urlPathOf } from "@blob/format/handler";
import { pageHeaders } from "./security-headers.js";
import type { ServedSubject } from "./served-subject.js";
import { style } from "./style.js";

/** A page ready to be sent. */
export interface Page {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PageParts {
  readonly subject: ServedSubject;
  /** Of the directory or file that the page is about; `""` for the root. Without one there is no breadcrumb. */
  readonly path?: string | undefined;
  readonly content: Html;
  /** Whether the page has the filter's script. Default false. */
  readonly withFilter?: boolean;
}

/** The frame of all pages: title, breadcrumb, content. */
export function renderPage({ subject, path, content, withFilter = false }: PageParts): Page {
  const title = path === undefined || path === "" ? subject.reference : `${path} · ${subject.reference}`;
  // The policy has the hash of exactly what is between the tags.
  const script = withFilter ? markup`<script>${new Html(filterScript)}</script>` : undefined;
  const document = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <style>${new Html(style)}</style>
      </head>
      <body>
        <a class="skip" href="#content">Skip to content</a>
        <header>
          <p class="archive">${subject.reference}</p>
          ${trustOf(subject)}
          ${path === undefined ? undefined : breadcrumb(path)}
        </header>
        <main id="content" tabindex="-1">${content}</main>
        ${script}
      </body>
    </html>`;
  return {
    headers: {
      ...pageHeaders(style, withFilter ? filterScript : undefined),
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
    },
    body: document.source,
  };
}

/** Which archive it is, and who vouches for it. */
function trustOf({ digest, signers }: ServedSubject): Html | undefined {
  if (digest === undefined) return undefined;
  const verified =
    signers.length === 0 ? "no signature was asked for" : `verified, signed by ${signers.join(", ")}`;
  return markup`<p class="archive" title="${digest}">${digest.slice(0, shownDigest)}… · ${verified}</p>`;
}

const shownDigest = "sha256:".length + 16;

/** Of a deeper path the directories in the middle are left out: each link repeats all that is before it. */
const maxCrumbs = 12;

function breadcrumb(path: string): Html {
  const names = path === "" ? [] : path.split("/");
  const from = Math.max(0, names.length - maxCrumbs);
  const left = from === 0 ? undefined : markup`<li title="${from} directories">…</li>`;
  const crumbs = names.slice(from).map((name, at, { length }) => {
    if (at === length - 1) return markup`<li><span aria-current="page">${name}</span></li>`;
    const directory = names.slice(0, from + at + 1).join("/");
    return markup`<li><a href="${urlPathOf(directory, "directory")}">${name}</a></li>`;
  });
  const top =
    path === ""
      ? markup`<li><span aria-current="page">Archive</span></li>`
      : markup`<li><a href="/">Archive</a></li>`;
  return markup`<nav aria-label="Breadcrumb">
    <ol class="crumbs">
      ${[top, left, ...crumbs]}
    </ol>
  </nav>`;
}
