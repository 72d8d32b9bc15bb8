import type { BlobId } from "../../descriptor.js";
import { parseDigest } from "../../digest.js";
import { isRegistryError } from "../../errors.js";
import { checkRepository } from "../../reference.js";
import type { OpenBody, StreamBlobOptions, StreamedBody } from "../../registry.js";
import { lookForBlob } from "../blobs/blob-stat.js";
import { isSameBlob, requireStored } from "../blobs/stored-blob.js";
import type { Endpoint } from "../layers/endpoint.js";
import type { HttpResponse } from "../layers/handler.js";
import { discard } from "../layers/handler.js";
import { isTransient } from "../layers/network-error.js";
import { isRetryableStatus } from "../layers/retry.js";
import { mayTakeStreams } from "./streaming-registries.js";
import type { UploadSession, UploadTarget } from "./upload-session.js";
import { beginSession, failedUpload, finishSession, questionAbout, sessionFrom } from "./upload-session.js";

/** Sends what is still being made; false where that cannot be done, or did not work. */
export type Streamer = (
  repository: string,
  body: StreamedBody,
  options: StreamBlobOptions,
) => Promise<boolean>;

/**
 * A session, one PATCH of unknown length, and a PUT that says what it was. The bytes cannot be had again, so nothing is
 * repeated that would need them: whatever goes wrong after the first of them, the session is cancelled and the answer is
 * false. How many bytes the registry says to have is not asked: it is the PUT's digest that proves them.
 *
 * @param isChunked The caller wants pieces of a known size: nothing is streamed.
 */
export function createStreamer(endpoint: Endpoint, isChunked: boolean): Streamer {
  let mayStream = !isChunked && mayTakeStreams(endpoint.host);

  return async (repository, body, options) => {
    checkRepository(repository);
    if (!mayStream) return false;
    const target: UploadTarget = { repository, options };
    const session = await beginSession(endpoint, target);
    const bytes = openOnce(body.open, options.onProgress);
    const sent = await sendBytes(endpoint, target, session, bytes);
    if (sent.kind === "sent") {
      const blob = body.identify();
      parseDigest(blob.digest);
      if (await finish(endpoint, target, sent.session, blob)) return true;
    } else if (sent.isForGood) mayStream = false;
    await cancel(endpoint, sent.kind === "sent" ? sent.session : session, options);
    return false;
  };
}

type Sent =
  | { readonly kind: "sent"; readonly session: UploadSession }
  /** For good: it is not about the moment. */
  | { readonly kind: "refused"; readonly isForGood: boolean };

async function sendBytes(
  endpoint: Endpoint,
  target: UploadTarget,
  session: UploadSession,
  bytes: OnceBody,
): Promise<Sent> {
  const { options } = target;
  let response: HttpResponse;
  try {
    response = await endpoint.send({
      method: "PATCH",
      url: session.url,
      from: session.from,
      headers: { "content-type": "application/octet-stream" },
      body: { size: undefined, open: bytes.open },
      auth: session.auth,
      repeatable: false,
      followRedirects: false,
      signal: options.signal,
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    const failure = bytes.failure();
    if (failure !== undefined) {
      await cancel(endpoint, session, options);
      throw failure.error;
    }
    // A renewed token or another try would need the bytes again.
    if (bytes.wasWantedAgain() || isTransient(error)) return { kind: "refused", isForGood: false };
    throw error;
  }
  const { status } = response;
  const isAccepted = status >= 200 && status < 300 && bytes.isAllSent();
  if (!isAccepted) {
    await discard(response);
    return { kind: "refused", isForGood: status >= 300 && !isRetryableStatus(status) && status !== 401 };
  }
  const hasPlace = response.headers["location"] !== undefined;
  if (hasPlace) return { kind: "sent", session: await sessionFrom(endpoint, target, response) };
  await discard(response);
  return { kind: "sent", session };
}

/** Whether the registry has the blob, by its answer or by a look at it. */
async function finish(
  endpoint: Endpoint,
  target: UploadTarget,
  session: UploadSession,
  blob: BlobId,
): Promise<boolean> {
  const { signal } = target.options;
  const upload = { ...target, blob };
  try {
    const outcome = await finishSession(endpoint, upload, session);
    const stored = { question: questionAbout(upload), blob, failed: failedUpload(endpoint, upload) };
    await requireStored(endpoint, stored, outcome, false);
    return true;
  } catch (error) {
    signal?.throwIfAborted();
    if (!isRegistryError(error) || error.code === "UnsafeRedirect") throw error;
    // The answer may have been lost, and that to the second try says that there is no such session any more.
    return isSameBlob(await lookForBlob(endpoint, questionAbout(upload)), blob);
  }
}

/** Best effort: half a blob must not wait on the registry's disk for the session to expire. */
async function cancel(
  endpoint: Endpoint,
  { url, from, auth }: UploadSession,
  { signal }: StreamBlobOptions,
): Promise<void> {
  try {
    const asked = { method: "DELETE", url, from, headers: {}, auth, repeatable: false, signal } as const;
    await discard(await endpoint.send(asked));
  } catch {
    signal?.throwIfAborted();
  }
}

/** A body that comes once, and what became of it. */
interface OnceBody {
  readonly open: OpenBody;
  isAllSent(): boolean;
  wasWantedAgain(): boolean;
  /** What went wrong with the bytes themselves. */
  failure(): { readonly error: unknown } | undefined;
}

function openOnce(open: OpenBody, onProgress: ((bytesSent: number) => void) | undefined): OnceBody {
  let state: "new" | "open" | "sent" = "new";
  let isWantedAgain = false;
  let failure: { readonly error: unknown } | undefined;

  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    let sent = 0;
    try {
      for await (const chunk of open()) {
        yield chunk;
        sent += chunk.length;
        onProgress?.(sent);
      }
      state = "sent";
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  return {
    open() {
      if (state !== "new") {
        isWantedAgain = true;
        throw new Error("the bytes of this upload cannot be sent again");
      }
      state = "open";
      return bytes();
    },
    isAllSent: () => state === "sent",
    wasWantedAgain: () => isWantedAgain,
    failure: () => failure,
  };
}
