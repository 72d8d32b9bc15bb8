import type { BlobId } from "../../descriptor.js";
import { parseDigest } from "../../digest.js";
import { isRegistryError } from "../../errors.js";
import { checkRepository } from "../../reference.js";
import type { OpenBody, PushBlobOptions, PushedBlob } from "../../registry.js";
import { lookForBlob } from "../blobs/blob-stat.js";
import { sendInChunks } from "./chunked-upload.js";
import type { Endpoint } from "../layers/endpoint.js";
import { isTransient } from "../layers/network-error.js";
import type { Outcome } from "../answers/proof.js";
import { outcomeOf } from "../answers/proof.js";
import { isRetryableStatus } from "../layers/retry.js";
import { isSameBlob, requireStored } from "../blobs/stored-blob.js";
import type { Upload, UploadSession } from "./upload-session.js";
import {
  failedUpload,
  finishUrl,
  isTaken,
  openSession,
  questionAbout,
  uploadError,
} from "./upload-session.js";

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
 * HEAD, whose answer has to fit the blob; a mount where there is something to mount, else a session and one PUT of everything; in pieces only where that
 * is refused, or the caller wants it. When an upload breaks, all of it starts again: nobody knows the state of a
 * session after half a PUT. What the registry claims to have taken is looked at where its answer does not prove it.
 */
export function createUploader(endpoint: Endpoint, callerChunkBytes: number | undefined): Uploader {
  let refusedBytes = Number.POSITIVE_INFINITY;
  let chunkBytes = callerChunkBytes ?? firstChunkBytes;

  async function send(upload: Upload, session: UploadSession): Promise<Outcome> {
    const { size } = upload.blob;
    const { minChunkBytes } = session;
    const wantsChunks = callerChunkBytes !== undefined || minChunkBytes !== undefined;
    const isMoreThanOne = size > Math.max(chunkBytes, minChunkBytes ?? 0);
    if (size > 1 && (size >= refusedBytes || (wantsChunks && isMoreThanOne))) {
      const sent = await sendInChunks(endpoint, upload, session, Math.min(chunkBytes, size));
      chunkBytes = sent.chunkBytes;
      return sent.outcome;
    }
    return sendWhole(endpoint, upload, session);
  }

  return async (repository, blob, open, options) => {
    checkRepository(repository);
    if (options.mountFrom !== undefined) checkRepository(options.mountFrom);
    parseDigest(blob.digest);
    const upload: Upload = { repository, blob, open, options };
    const { signal } = options;
    for (let attempt = 0; ; attempt += 1) {
      const finding = await lookForBlob(endpoint, questionAbout(upload));
      // After a lost answer, the blob that is there is the one that was sent.
      if (isSameBlob(finding, blob)) return attempt === 0 ? "exists" : "uploaded";
      // Under its digest is something else: a mount would not change that.
      const hasOther = finding.kind === "found";
      const mountFrom = attempt === 0 && !hasOther ? options.mountFrom : undefined;
      const session = await openSession(endpoint, upload, mountFrom);
      if (session === "mounted") return "mounted";
      try {
        const outcome = await send(upload, session);
        const stored = { question: questionAbout(upload), blob, failed: failedUpload(endpoint, upload) };
        await requireStored(endpoint, stored, outcome, hasOther);
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

async function sendWhole(endpoint: Endpoint, upload: Upload, session: UploadSession): Promise<Outcome> {
  const { blob, options } = upload;
  const response = await endpoint.send({
    method: "PUT",
    url: finishUrl(session, upload),
    from: session.from,
    headers: { "content-type": "application/octet-stream" },
    body: { size: blob.size, open: () => countBytes(upload) },
    auth: session.auth,
    repeatable: false,
    signal: options.signal,
  });
  if (!isTaken(response)) throw await uploadError(response, endpoint, upload);
  return outcomeOf(response, { host: endpoint.host, kind: "blobs", digest: blob.digest });
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
