import { Html, markup } from "./markup.js";
import { filterScript } from "./filter-script.js";
import { urlOf } from "./request-target.js";
import { pageHeaders } from "./security-headers.js";
import { style } from "./style.js";

/** A page ready to be sent. */
export interface Page {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PageParts {
  /** The reference that is served. */
  readonly archive: string;
  /** Of the directory or file that the page is about; `""` for the root. */
  readonly path: string;
  readonly content: Html;
  /** Whether the page has the filter's script. Default false. */
  readonly withFilter?: boolean;
}

/** The frame of all pages: title, breadcrumb, content. */
export function renderPage({ archive, path, content, withFilter = false }: PageParts): Page {
  const title = path === "" ? archive : `${path} · ${archive}`;
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
          <p class="archive">${archive}</p>
          ${breadcrumb(path)}
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

function breadcrumb(path: string): Html {
  const names = path === "" ? [] : path.split("/");
  const items = ["Archive", ...names].map((name, at) => {
    const isLast = at === names.length;
    if (isLast) return markup`<li><span aria-current="page">${name}</span></li>`;
    return markup`<li><a href="${urlOf(names.slice(0, at).join("/"), "directory")}">${name}</a></li>`;
  });
  return markup`<nav aria-label="Breadcrumb">
    <ol class="crumbs">
      ${items}
    </ol>
  </nav>`;
}
