import { UsageError } from "./errors/usage-error.js";

/** A file or directory in an archive, as `cp` takes it. */
export interface CpSource {
  readonly reference: string;
  readonly path: string;
}

/** `oci:` and `file:` are followed by a path, which on Windows may begin with a drive; the separator comes later. */
const pathScheme = /^(?:oci|file):(?:[A-Za-z]:[/\\]|\/)?/u;

/** @throws UsageError when `text` is not `REF:/PATH`. */
export function parseCpSource(text: string): CpSource {
  const source = splitCpSource(text);
  if (source === undefined)
    throw new UsageError(`${text}: a source reads REF:/PATH, such as ghcr.io/acme/site:v1:/config`);
  return source;
}

/**
 * Splits `REF:/PATH` at the first `:/` that can be the separator: references to registries have none of their own.
 * Undefined when there is none.
 */
export function splitCpSource(text: string): CpSource | undefined {
  const start = pathScheme.exec(text)?.[0].length ?? 0;
  const at = text.indexOf(":/", start);
  return at <= 0 ? undefined : { reference: text.slice(0, at), path: text.slice(at + 1) };
}
