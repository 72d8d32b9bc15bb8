import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { open } from "node:fs/promises";
import path from "node:path";
import { writeFully } from "@blob/core/files";
import type { Archive } from "@blob/format";
import type { TarCompression } from "@blob/format/node";
import { compressTar } from "@blob/format/node";
import type { ToTarOptions } from "@blob/format/tar";
import { toTar } from "@blob/format/tar";
import type { BlobId, Digest } from "@blob/registry";
import { ClientError } from "../errors.js";

/** A layer that was written to disk. Digest and size are those of the compressed file. */
export interface ImageLayer extends BlobId {
  readonly file: string;
  /** The digest before compression. */
  readonly diffId: Digest;
}

/**
 * Writes an archive as a layer into a directory, with both of its digests, in one pass.
 *
 * @throws ClientError `TemporaryDirectory` when there is no room for it; and what `toTar` throws.
 */
export async function writeImageLayer(
  archive: Archive,
  directory: string,
  compression: TarCompression,
  options: ToTarOptions,
): Promise<ImageLayer> {
  const file = path.join(directory, "layer");
  const [plain, stored] = [createHash("sha256"), createHash("sha256")];
  const { signal } = options;
  let size = 0;
  const chunks = compressTar(hashed(toTar(archive, options), plain), compression, { signal });
  const handle = await open(file, "wx", 0o600);
  try {
    for await (const chunk of hashed(chunks, stored)) {
      await writeFully(handle, chunk).catch((cause: unknown) => {
        throw noRoom(directory, cause);
      });
      size += chunk.length;
    }
  } finally {
    await handle.close();
  }
  return { file, size, digest: digestOf(stored), diffId: digestOf(plain) };
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: Hash,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

function digestOf(hash: Hash): Digest {
  return `sha256:${hash.digest("hex")}`;
}

/** The error for a layer that could not be written, mostly because the disk is full. */
function noRoom(directory: string, cause: unknown): ClientError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `${directory}: the layer cannot be kept there until it is pushed (${why})`;
  return new ClientError("TemporaryDirectory", message, { path: directory, cause });
}
