import { UsageError } from "./errors/usage-error.js";

/** A file or directory in an archive, as `cp` takes it. */
export interface CpSource {
  readonly reference: string;
  readonly path: string;
}

/**
 * `oci:` and `file:` are followed by a path, which on Windows may begin with a drive, and an address of IPv6 has colons: the
 * separator comes later.
 */
const beginning = /^(?:oci|file):(?:[A-Za-z]:[/\\]|\/)?|^\[[0-9A-Fa-f:.]*\]/u;

/** What is said about URLs is better than what would be said about their halves. */
const isUrl = /^(?!oci:|file:)[a-z][a-z0-9+.-]*:\/\//iu;

/** A tag or a digest, and after a further colon a path: neither of them can have one. */
const taggedPath =
  /^(?<reference>[^@]*?(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(?:@[a-z0-9]+:[0-9a-f]{32,128})?|@[a-z0-9]+:[0-9a-f]{32,128})):(?<path>.+)$/su;

/** @throws UsageError when `text` is neither `REF:/PATH` nor `REF:TAG:PATH`. */
export function parseCpSource(text: string): CpSource {
  const source = splitCpSource(text);
  if (source === undefined)
    throw new UsageError(`${text}: a source reads REF:/PATH, such as ghcr.io/acme/site:v1:/config`);
  return source;
}

/**
 * Splits `REF:/PATH` at the first `:/` that can be the separator: references to registries have none of their own. Without
 * a slash a path is what follows the colon after a tag or digest: `site:v1:app.yaml`, since `site:app.yaml` has a tag.
 * Undefined when there is neither.
 */
export function splitCpSource(text: string): CpSource | undefined {
  if (isUrl.test(text)) return undefined;
  const start = beginning.exec(text)?.[0].length ?? 0;
  const at = text.indexOf(":/", start);
  if (at > 0) return { reference: text.slice(0, at), path: text.slice(at + 1) };
  const { reference, path } = taggedPath.exec(text.slice(start))?.groups ?? {};
  return reference === undefined || path === undefined || text.startsWith("file:")
    ? undefined
    : { reference: text.slice(0, start) + reference, path };
}
