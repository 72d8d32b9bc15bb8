import { lookup } from "mrmime";

/** Names whose type the extension does not tell. */
const textNames =
  /(?:^|\/)(?:\.[a-z]+(?:ignore|rc|attributes|config)|dockerfile|makefile|licen[cs]e|notice|readme|changelog|authors|go\.(?:mod|sum))$/iu;
const textExtensions =
  /\.(?:[cm]?tsx?|go|rs|py|rb|java|kt|cs|c|h|cc|cpp|hpp|sh|bash|zsh|fish|ps1|sql|lock|cfg|conf|ini|env|log|diff|patch|proto|tf|swift|php|lua|pl|r|vue|svelte|graphql|adoc|rst|tex)$/iu;

/** The media type of a file, by its name alone; without parameters. */
export function mediaTypeOf(path: string): string {
  // Beside `.ts` of MPEG streams: in archives of sources it is TypeScript, far more often.
  if (textExtensions.test(path) || textNames.test(path)) return "text/plain";
  return lookup(path) ?? "application/octet-stream";
}

/** For a `Content-Type` header: text is UTF-8, as nearly all of it is. */
export function contentTypeOf(path: string): string {
  const type = mediaTypeOf(path);
  return isText(type) ? `${type}; charset=utf-8` : type;
}

/** Whether a type's content is text, which people can read and which compresses well. */
export function isText(type: string): boolean {
  return (
    type.startsWith("text/") ||
    /^application\/(?:json|xml|javascript|toml|yaml|x-sh|sql|graphql|.*\+(?:json|xml))$/u.test(type) ||
    type === "image/svg+xml"
  );
}
