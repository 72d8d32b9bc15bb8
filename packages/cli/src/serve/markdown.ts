import MarkdownIt from "markdown-it";
import type { Archive } from "@blob/format";
import { Html } from "./markup.js";
import { urlOf } from "./request-target.js";

/** Renders Markdown of an archive. Raw HTML in it is shown as text; links and pictures lead nowhere unexpected. */
export function renderMarkdown(archive: Archive, path: string, text: string): Html {
  const markdown = new MarkdownIt({ html: false, linkify: false, maxNesting: 50 });
  markdown.validateLink = (link) => linkTo(archive, path, link) !== undefined;
  const { rules } = markdown.renderer;
  rules["link_open"] = (tokens, at, options, _env, renderer) => {
    const token = tokens[at];
    const link = linkTo(archive, path, String(token?.attrGet("href") ?? ""));
    if (link !== undefined) token?.attrSet("href", link.href);
    if (link?.isExternal === true) token?.attrSet("rel", "noopener noreferrer nofollow");
    return renderer.renderToken(tokens, at, options);
  };
  const { image } = rules;
  rules["image"] = (tokens, at, options, env, renderer) => {
    const token = tokens[at];
    const target = fileAt(archive, path, String(token?.attrGet("src") ?? ""));
    // Pictures from elsewhere would tell others that somebody reads this.
    if (token === undefined || target === undefined || image === undefined) {
      return markdown.utils.escapeHtml(token?.content ?? "");
    }
    token.attrSet("src", urlOf(target, "file"));
    token.attrSet("loading", "lazy");
    return image(tokens, at, options, env, renderer);
  };
  rules["heading_open"] = (tokens, at, options, _env, renderer) => {
    tokens[at]?.attrSet("id", `${anchorPrefix}${slug(tokens[at + 1]?.content ?? "")}`);
    return renderer.renderToken(tokens, at, options);
  };
  return new Html(markdown.render(text));
}

/** Keeps a document's headings apart from the page's own elements. */
const anchorPrefix = "section-";

interface Link {
  readonly href: string;
  readonly isExternal: boolean;
}

function linkTo(archive: Archive, from: string, link: string): Link | undefined {
  if (link.startsWith("#")) return { href: `#${anchorPrefix}${link.slice(1)}`, isExternal: false };
  if (/^(?:https?|mailto):/iu.test(link)) return { href: link, isExternal: true };
  const path = pathOf(from, link);
  if (path === undefined) return undefined;
  const isDirectory = path === "" || archive.isDirectory(path);
  return {
    href: isDirectory ? urlOf(path, "directory") : `${urlOf(path, "file")}?preview`,
    isExternal: false,
  };
}

function fileAt(archive: Archive, from: string, link: string): string | undefined {
  const path = pathOf(from, link);
  return path !== undefined && archive.isFile(path) ? path : undefined;
}

/** The path that a relative link of a file leads to; nothing when it has a scheme or a host, or leads out of the archive. */
function pathOf(from: string, link: string): string | undefined {
  // Browsers take a backslash for a slash, and skip white space and control characters in a scheme.
  if (/^[a-z][a-z\d+.-]*:|[\\\p{Cc}]|^\/\//iu.test(link)) return undefined;
  const [encoded = ""] = link.split(/[?#]/u);
  const elements = encoded.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const element of encoded.split("/")) {
    if (element === "" || element === ".") continue;
    if (element !== "..") elements.push(decoded(element));
    else if (elements.pop() === undefined) return undefined;
  }
  return elements.join("/");
}

function decoded(element: string): string {
  try {
    return decodeURIComponent(element);
  } catch {
    return element;
  }
}

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/gu, "-");
}
