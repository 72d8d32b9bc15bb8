import { isTextType, mediaTypeOf as mediaTypeByExtension } from "@blob/format/handler";

/** Names whose type the extension does not tell. */
const textNames =
  /(?:^|\/)(?:\.[a-z]+(?:ignore|rc|attributes|config)|dockerfile|makefile|licen[cs]e|notice|readme|changelog|authors|go\.(?:mod|sum))$/iu;
const textExtensions =
  /\.(?:[cm]?tsx?|go|rs|py|rb|java|kt|cs|c|h|cc|cpp|hpp|sh|bash|zsh|fish|ps1|sql|lock|cfg|conf|ini|env|log|diff|patch|proto|tf|swift|php|lua|pl|r|vue|svelte|graphql|adoc|rst|tex)$/iu;

/** The media type of a file, by its name alone; without parameters. */
export function mediaTypeOf(path: string): string {
  // Beside `.ts` of MPEG streams: in archives of sources it is TypeScript, far more often.
  return textExtensions.test(path) || textNames.test(path) ? "text/plain" : mediaTypeByExtension(path);
}

/** For a `Content-Type` header: text is UTF-8, as nearly all of it is. */
export function contentTypeOf(path: string): string {
  const type = mediaTypeOf(path);
  return isTextType(type) ? `${type}; charset=utf-8` : type;
}
