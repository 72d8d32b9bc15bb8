import { textOfBytes } from "@blob/core/text";
import type { Io } from "./io.js";
import { UsageError } from "./errors/usage-error.js";

/** Longer than any token that a registry takes; what comes after is a mistake, such as a wrong file. */
const maxPasswordBytes = 64 * 1024;

/** The password from standard input, without the line's end. */
export async function readPassword({ stdin }: Io): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxPasswordBytes) throw new UsageError("the password on standard input is too long");
    chunks.push(chunk);
  }
  const password = textOfBytes(Buffer.concat(chunks)).replace(/\r?\n$/u, "");
  // UTF-16 without its mark, or no text at all: no registry takes it.
  if (password.includes("\0")) {
    throw new UsageError("--password-stdin: the password has NUL bytes in it: write it as UTF-8");
  }
  if (password === "") throw new UsageError("--password-stdin: there was no password on standard input");
  return password;
}
