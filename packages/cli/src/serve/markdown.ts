import MarkdownIt from "markdown-it";
import { Html } from "./markup.js";
import { anchorPrefix, linkOf, pictureOf } from "./markdown-link.js";

/**
 * Renders Markdown of an archive. Raw HTML in it is shown as text; links and pictures lead nowhere unexpected. Takes
 * seconds for what was made to take long: not for the thread that answers requests.
 */
export function renderMarkdown(path: string, text: string): Html {
  const markdown = new MarkdownIt({ html: false, linkify: false, maxNesting: 50 });
  markdown.validateLink = (link) => linkOf(path, link) !== undefined;
  const { rules } = markdown.renderer;
  rules["link_open"] = (tokens, at, options, _env, renderer) => {
    const token = tokens[at];
    const link = linkOf(path, String(token?.attrGet("href") ?? ""));
    // What was not checked has no place to lead to.
    token?.attrSet("href", link?.href ?? "#");
    if (link?.isExternal === true) token?.attrSet("rel", "noopener noreferrer nofollow");
    return renderer.renderToken(tokens, at, options);
  };
  const { image } = rules;
  rules["image"] = (tokens, at, options, env, renderer) => {
    const token = tokens[at];
    const url = pictureOf(path, String(token?.attrGet("src") ?? ""));
    if (token === undefined || url === undefined || image === undefined) {
      return markdown.utils.escapeHtml(token?.content ?? "");
    }
    token.attrSet("src", url);
    token.attrSet("loading", "lazy");
    return image(tokens, at, options, env, renderer);
  };
  rules["heading_open"] = (tokens, at, options, _env, renderer) => {
    tokens[at]?.attrSet("id", `${anchorPrefix}${slug(tokens[at + 1]?.content ?? "")}`);
    return renderer.renderToken(tokens, at, options);
  };
  return new Html(markdown.render(text));
}

function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/gu, "-");
}
