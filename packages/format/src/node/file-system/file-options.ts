import { constants } from "node:fs";

import { argumentError, nodeError } from "./node-error.js";

/** `"utf8"`, or an object with it, as most calls of `node:fs` take their options. */
export type EncodingOptions = string | { readonly encoding?: string | null | undefined } | null | undefined;

/** The encoding of names or content: nothing for bytes. Throws a `TypeError` for one that Node does not know. */
export function encodingOf(options: EncodingOptions): BufferEncoding | "buffer" | undefined {
  const encoding = typeof options === "string" ? options : options?.encoding;
  if (encoding === undefined || encoding === null) return undefined;
  if (encoding === "buffer" || Buffer.isEncoding(encoding)) return encoding;
  throw argumentError("encoding", "one that Node knows, such as 'utf8'", encoding);
}

/** A name as it was asked for. */
export function encodeName(name: string, encoding: BufferEncoding | "buffer" | undefined): string | Buffer {
  if (encoding === undefined || encoding === "utf8" || encoding === "utf-8") return name;
  const bytes = Buffer.from(name);
  return encoding === "buffer" ? bytes : bytes.toString(encoding);
}

/** Throws `EROFS` for flags that do more than read. */
export function checkReadFlags(flags: unknown, syscall: string, path: string): void {
  if (flags === undefined || flags === null) return;
  if (typeof flags === "number") {
    const writing =
      constants.O_WRONLY | constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC | constants.O_APPEND;
    if ((flags & writing) !== 0) throw nodeError("EROFS", syscall, path);
    return;
  }
  if (flags === "r" || flags === "rs") return;
  if (typeof flags === "string" && /^(?:r|rs|sr|a|as|sa|w|wx|xw|ax|xa)\+?$/.test(flags)) {
    throw nodeError("EROFS", syscall, path);
  }
  throw argumentError("flags", "flags that Node knows, such as 'r'", flags);
}
