import type { Entry } from "@blob/format";
import { formatMode, formatTime, isoTime } from "../output/entry-text.js";
import { groupedNumber, humanSize } from "../output/sizes.js";
import { mediaTypeOf } from "./content-type.js";
import type { Html } from "./markup.js";
import { markup } from "./markup.js";
import { iconOf } from "./icons.js";
import type { Page } from "./page.js";
import { renderPage } from "./page.js";
import type { ServedSubject } from "./served-subject.js";
import { urlPathOf } from "@blob/format/handler";

/** The page of a file: its preview, ways to get it, and what the index says about it. */
export function renderFile(subject: ServedSubject, entry: Entry, preview: Html): Page {
  const { path, size, storedSize, mtimeNs, mode, compression, hash } = entry;
  const url = urlPathOf(path, "file");
  const content = markup`<div class="title">
      <h1>${path.slice(path.lastIndexOf("/") + 1)}</h1>
      <p class="facts">${humanSize(size)}</p>
    </div>
    <p class="buttons">
      <a class="button main" href="${url}?download" download>${iconOf("download")}Download</a>
      <a class="button" href="${url}">Open the file itself</a>
    </p>
    ${preview}
    <dl class="properties">
      <dt>Type</dt>
      <dd>${mediaTypeOf(path)}</dd>
      <dt>Size</dt>
      <dd>${groupedNumber(size)} bytes</dd>
      <dt>Stored</dt>
      <dd>${groupedNumber(storedSize)} bytes, ${compression === "none" ? "as it is" : compression}</dd>
      <dt>Modified</dt>
      <dd><time datetime="${isoTime(mtimeNs)}">${formatTime(mtimeNs)} UTC</time></dd>
      <dt>Mode</dt>
      <dd class="mono">${formatMode(mode)}</dd>
      <dt>SHA-256</dt>
      <dd class="mono">${Buffer.from(hash).toString("hex")}</dd>
    </dl>`;
  return renderPage({ subject, path, content });
}
