import { UsageError } from "./usage-error.js";

/** A file or directory in an archive, as `cp` takes it. */
export interface CpSource {
  readonly reference: string;
  readonly path: string;
}

/** `oci:` and `file:` are followed by a path, which on Windows may begin with a drive; the separator comes later. */
const pathScheme = /^(?:oci|file):(?:[A-Za-z]:[/\\]|\/)?/u;

/**
 * Splits `REF:/PATH` at the first `:/` that can be the separator: references to registries have none of their own.
 */
export function parseCpSource(text: string): CpSource {
  const start = pathScheme.exec(text)?.[0].length ?? 0;
  const at = text.indexOf(":/", start);
  if (at <= 0)
    throw new UsageError(`${text}: a source reads REF:/PATH, such as ghcr.io/acme/site:v1:/config`);
  return { reference: text.slice(0, at), path: text.slice(at + 1) };
}
