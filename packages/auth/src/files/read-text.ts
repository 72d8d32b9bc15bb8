import { open, type FileHandle } from "node:fs/promises";
import { isMissing, readFileBeginning } from "@blob/core/files";
import { textOfBytes } from "@blob/core/text";
import { AuthError } from "../errors.js";

/** Real files have some kilobytes. */
const maxBytes = 1024 * 1024;

/** A text file without its byte order mark; undefined when there is none. Throws `UnreadableCredentialsFile`. */
export async function readText(
  file: string,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<string | undefined> {
  let handle: FileHandle | undefined;
  try {
    signal?.throwIfAborted();
    handle = await open(file);
    return textOfBytes(await readBounded(handle, file, signal));
  } catch (error) {
    if (error instanceof AuthError || signal?.aborted === true) throw error;
    if (isMissing(error)) return undefined;
    throw new AuthError(
      "UnreadableCredentialsFile",
      `${file} cannot be read: check what it is and its permissions`,
      {
        file,
        cause: error,
      },
    );
  } finally {
    await handle?.close();
  }
}

async function readBounded(
  handle: FileHandle,
  file: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { bytes, isCut } = await readFileBeginning(handle, maxBytes, { signal });
  if (!isCut) return bytes;
  throw new AuthError(
    "UnreadableCredentialsFile",
    `${file} is larger than 1 MiB: it can hardly be what it should`,
    {
      file,
    },
  );
}
