import { Readable } from "node:stream";

import type { Archive } from "../../archive.js";
import { findFile } from "./archive-paths.js";
import type { FilePath } from "./archive-paths.js";
import { checkReadFlags, encodingOf } from "./file-options.js";
import type { EncodingOptions } from "./file-options.js";
import { argumentError, readError } from "./node-error.js";

/** Options of `readFile`. */
export type ReadFileOptions =
  | EncodingOptions
  | {
      readonly encoding?: string | null | undefined;
      readonly flag?: string | number | undefined;
      readonly signal?: AbortSignal | undefined;
    };

/** Options of `createReadStream`. */
export type ReadStreamOptions =
  | EncodingOptions
  | {
      readonly encoding?: string | null | undefined;
      readonly flags?: string | undefined;
      /** The first byte. */
      readonly start?: number | undefined;
      /** The last byte. */
      readonly end?: number | undefined;
      readonly signal?: AbortSignal | null | undefined;
    };

/** The verified content of a file: bytes, or text in an encoding. */
export async function readWholeFile(
  archive: Archive,
  path: unknown,
  options: ReadFileOptions,
): Promise<Buffer | string> {
  const { flag, signal } = optionsIn<{ flag?: string | number; signal?: AbortSignal }>(options);
  const encoding = encodingOf(options);
  const { given, entry } = findFile(archive, path, "open");
  checkReadFlags(flag, "open", given);
  let content: Uint8Array;
  try {
    content = await archive.readFile(entry.path, { signal });
  } catch (cause) {
    throw readError(cause, "read", given);
  }
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  return encoding === undefined || encoding === "buffer" ? bytes : bytes.toString(encoding);
}

/**
 * A file, or a part of it, as a stream. A whole file is verified at its end: with wrong content the stream fails instead
 * of ending. Chunks of a file that is cut into them are verified before any of their bytes is given.
 */
export function streamFile(archive: Archive, path: FilePath, options: ReadStreamOptions): Readable {
  const {
    start = 0,
    end,
    flags,
    signal,
  } = optionsIn<{
    start?: number;
    end?: number;
    flags?: string;
    signal?: AbortSignal | null;
  }>(options);
  checkPosition("start", start);
  if (end !== undefined && end !== Number.POSITIVE_INFINITY) checkPosition("end", end);
  const encoding = encodingOf(options);

  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    const { given, entry } = findFile(archive, path, "open");
    checkReadFlags(flags, "open", given);
    const length = Math.max(0, Math.min(end === undefined ? entry.size : end + 1, entry.size) - start);
    const isWhole = start === 0 && length === entry.size;
    if (length === 0 && !isWhole) return;
    const range = isWhole ? undefined : { offset: start, length };
    try {
      yield* archive.stream(entry.path, { range, signal: signal ?? undefined });
    } catch (cause) {
      throw readError(cause, "read", given);
    }
  }

  const stream = Readable.from(read(), {
    objectMode: false,
    ...(signal === undefined || signal === null ? {} : { signal }),
  });
  if (encoding !== undefined && encoding !== "buffer") stream.setEncoding(encoding);
  return Object.assign(stream, { path });
}

/** Options that are an object, and not an encoding. */
function optionsIn<T extends object>(options: unknown): Partial<T> {
  return typeof options === "object" && options !== null ? options : {};
}

function checkPosition(name: string, value: unknown): void {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return;
  throw argumentError(name, "an integer of at least 0", value);
}
