import type { Archive, Entry } from "@blob/format";
import { humanSize } from "../output/sizes.js";
import { mediaTypeOf } from "./content-type.js";
import type { Html } from "./markup.js";
import { markup } from "./markup.js";
import type { PreviewRenderer } from "./preview-renderer.js";
import { isTextType, urlPathOf, verifiedFirstBytes } from "@blob/format/handler";

/** How much of a text is shown; also what renders it, and a browser, are asked to take. */
const maxTextBytes = 256 * 1024;

/** What is in a file, to look at: a picture, a player, rendered Markdown or text. Of other files nothing is read. */
export async function renderPreview(
  archive: Archive,
  entry: Entry,
  renderer: PreviewRenderer,
  signal: AbortSignal,
): Promise<Html> {
  const { path, size } = entry;
  const type = mediaTypeOf(path);
  const url = urlPathOf(path, "file");
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (size === 0) return markup`<p class="note">The file is empty.</p>`;
  if (/^image\/(?:png|jpeg|gif|webp|avif|svg\+xml|x-icon|vnd\.microsoft\.icon|bmp)$/u.test(type)) {
    return markup`<div class="frame"><img class="picture" src="${url}" alt="${name}" /></div>`;
  }
  if (type.startsWith("video/")) {
    return markup`<video
      class="picture"
      src="${url}"
      controls
      preload="metadata"
      aria-label="${name}"
    ></video>`;
  }
  if (type.startsWith("audio/")) {
    return markup`<audio
      class="picture"
      src="${url}"
      controls
      preload="metadata"
      aria-label="${name}"
    ></audio>`;
  }
  if (!isTextType(type) && type !== "application/octet-stream") return noPreview;
  const bytes = await beginning(archive, entry, signal);
  const text = textOf(bytes, bytes.length < size);
  if (text === undefined) return noPreview;
  const isWhole = bytes.length === size;
  const isMarkdown = isWhole && type === "text/markdown";
  const rendered = await renderer.render({ kind: isMarkdown ? "markdown" : "text", path, text }, signal);
  if (isMarkdown && rendered !== undefined) return markup`<article class="markdown">${rendered}</article>`;
  return markup`${isWhole ? undefined : cutNote(archive, entry)}${isMarkdown ? asWritten : undefined}
    <pre
      class="text"
      tabindex="0"
      role="region"
      aria-label="Content of ${name}"
    ><code>${rendered ?? text}</code></pre>`;
}

const asWritten = markup`<p class="note">The Markdown is shown as it is written: it could not be rendered.</p>`;

const noPreview = markup`<p class="note">There is no preview for files of this type.</p>`;

function cutNote(archive: Archive, { path, size }: Entry): Html {
  const isVerified = size <= verifiedFirstBytes || archive.chunks(path) !== undefined;
  const unverified = isVerified
    ? ""
    : " It was not verified: the hash covers the whole file, which a download checks.";
  return markup`<p class="note">The first ${humanSize(maxTextBytes)} of ${humanSize(size)}.${unverified}</p>`;
}

async function beginning(archive: Archive, { path, size }: Entry, signal: AbortSignal): Promise<Uint8Array> {
  if (size <= verifiedFirstBytes) return (await archive.readFile(path, { signal })).subarray(0, maxTextBytes);
  return archive.readFile(path, { range: { offset: 0, length: maxTextBytes }, signal });
}

/** UTF-8, with a NUL nowhere; of a text that was cut the last character may be incomplete. */
function textOf(bytes: Uint8Array, isCut: boolean): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut });
  } catch {
    return undefined;
  }
}
