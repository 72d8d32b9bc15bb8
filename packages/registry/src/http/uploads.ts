import type { BlobId } from "../descriptor.js";
import { parseDigest } from "../digest.js";
import { isRegistryError } from "../errors.js";
import { checkRepository } from "../reference.js";
import type { OpenBody, PushBlobOptions, PushedBlob } from "../registry.js";
import { statBlob } from "./blob-stat.js";
import { sendInChunks } from "./chunked-upload.js";
import type { Endpoint } from "./endpoint.js";
import { discard } from "./handler.js";
import { isTransient } from "./network-error.js";
import { isRetryableStatus } from "./retry.js";
import type { Upload, UploadSession } from "./upload-session.js";
import { finishUrl, openSession, uploadError } from "./upload-session.js";

/** Pushes blobs, and remembers what the registry could not take. */
export type Uploader = (
  repository: string,
  blob: BlobId,
  open: OpenBody,
  options: PushBlobOptions,
) => Promise<PushedBlob>;

/** The first size to try where the registry, or a proxy in front of it, refuses a whole blob. ECR wants 5 MiB at least. */
const firstChunkBytes = 16 * 1024 * 1024;

/**
 * HEAD, a mount where there is something to mount, else a session and one PUT of everything; in pieces only where that
 * is refused, or the caller wants it. When an upload breaks, all of it starts again: nobody knows the state of a
 * session after half a PUT.
 */
export function createUploader(endpoint: Endpoint, callerChunkBytes: number | undefined): Uploader {
  let refusedBytes = Number.POSITIVE_INFINITY;
  let chunkBytes = callerChunkBytes ?? firstChunkBytes;

  async function send(upload: Upload, session: UploadSession): Promise<void> {
    const { size } = upload.blob;
    const wantsChunks = callerChunkBytes !== undefined || session.minChunkBytes !== undefined;
    if (size > 1 && (size >= refusedBytes || (wantsChunks && size > chunkBytes))) {
      chunkBytes = await sendInChunks(endpoint, upload, session, Math.min(chunkBytes, size));
      return;
    }
    await sendWhole(endpoint, upload, session);
  }

  return async (repository, blob, open, options) => {
    checkRepository(repository);
    if (options.mountFrom !== undefined) checkRepository(options.mountFrom);
    parseDigest(blob.digest);
    const upload: Upload = { repository, blob, open, options };
    const { signal } = options;
    for (let attempt = 0; ; attempt += 1) {
      const size = await statBlob(endpoint, {
        repository,
        digest: blob.digest,
        actions: "pull,push",
        signal,
      });
      // After a lost answer, the blob that is there is the one that was sent.
      if (size !== undefined) return attempt === 0 ? "exists" : "uploaded";
      const session = await openSession(endpoint, upload, attempt === 0 ? options.mountFrom : undefined);
      if (session === "mounted") return "mounted";
      try {
        await send(upload, session);
        return "uploaded";
      } catch (error) {
        signal?.throwIfAborted();
        const isRefusedForSize = isRegistryError(error) && error.status === 413 && blob.size < refusedBytes;
        if (isRefusedForSize) refusedBytes = blob.size;
        else if (!isWorthAnotherSession(error)) throw error;
        const isReady =
          isRefusedForSize || (await endpoint.retryPolicy.pause(attempt, waitOf(error), signal));
        if (!isReady) throw error;
      }
    }
  };
}

async function sendWhole(endpoint: Endpoint, upload: Upload, session: UploadSession): Promise<void> {
  const { blob, options } = upload;
  const response = await endpoint.send({
    method: "PUT",
    url: finishUrl(session, upload),
    headers: { "content-type": "application/octet-stream" },
    body: { size: blob.size, open: () => countBytes(upload) },
    auth: session.auth,
    repeatable: false,
    signal: options.signal,
  });
  if (![200, 201, 204].includes(response.status)) throw await uploadError(response, endpoint, upload);
  await discard(response);
}

async function* countBytes({ open, options }: Upload): AsyncGenerator<Uint8Array, void, undefined> {
  let sent = 0;
  for await (const chunk of open()) {
    yield chunk;
    sent += chunk.length;
    options.onProgress?.(sent);
  }
}

/** 404 and 416 are answers about the session, which may have been lost or be half full. */
function isWorthAnotherSession(error: unknown): boolean {
  if (isTransient(error)) return true;
  if (!isRegistryError(error) || error.status === undefined) return false;
  return isRetryableStatus(error.status) || error.status === 404 || error.status === 416;
}

/** What the registry asked for, in the form of the header that it came in. */
function waitOf(error: unknown): { readonly "retry-after": string } | undefined {
  const ms = isRegistryError(error) ? error.retryAfterMs : undefined;
  return ms === undefined ? undefined : { "retry-after": String(ms / 1000) };
}
