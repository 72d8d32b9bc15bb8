import { lookup } from "mrmime";

/** The media type that a file's name tells, without parameters; `application/octet-stream` where it tells none. */
export function mediaTypeOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const extension = name.slice(name.lastIndexOf(".") + 1);
  // The table is an object with a prototype: names of archives may be those of its members.
  const type: unknown = extension === name ? undefined : lookup(extension);
  return typeof type === "string" ? type : "application/octet-stream";
}

/** Whether a media type's content is text, which compresses well. Parameters do not matter. */
export function isTextType(mediaType: string): boolean {
  const [type = ""] = mediaType.split(";", 1);
  return (
    type.startsWith("text/") ||
    /^application\/(?:json|xml|javascript|toml|yaml|x-sh|sql|graphql|.*\+(?:json|xml))$/u.test(type) ||
    type === "image/svg+xml"
  );
}

/** A media type for a `Content-Type` header: text is UTF-8, as nearly all of it is. */
export function withCharset(mediaType: string): string {
  return isTextType(mediaType) ? `${mediaType}; charset=utf-8` : mediaType;
}
