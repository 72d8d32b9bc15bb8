import { once } from "@blob/core/bytes";
import type { BodyCursor } from "./body-cursor.js";
import { createBodyCursor } from "./body-cursor.js";
import type { Endpoint } from "../layers/endpoint.js";
import type { HttpResponse } from "../layers/handler.js";
import { discard } from "../layers/handler.js";
import { isTransient } from "../layers/network-error.js";
import type { Outcome } from "../answers/proof.js";
import { isRetryableStatus } from "../layers/retry.js";
import type { Upload, UploadSession } from "./upload-session.js";
import { finishSession, sessionFrom, uploadError } from "./upload-session.js";

/** Larger pieces are not held to be sent again, but read again from the body: the registry may ask for any size. */
const mostHeldBytes = 32 * 1024 * 1024;

/** Below this, a proxy that refuses pieces for their size will refuse everything. */
const smallestChunkBytes = 1024 * 1024;

/**
 * Sends a blob in pieces. The offset is counted here, because registries answer with stale ranges (ECR); only when a
 * piece was lost, the session is asked how much it has.
 *
 * @returns The last piece size that worked, and what the registry says about the whole.
 */
export async function sendInChunks(
  endpoint: Endpoint,
  upload: Upload,
  first: UploadSession,
  chunkBytes: number,
): Promise<{ readonly chunkBytes: number; readonly outcome: Outcome }> {
  const { blob, options } = upload;
  const { signal } = options;
  const cursor = createBodyCursor(upload.open);
  let state: ChunkState = {
    session: first,
    offset: 0,
    length: Math.max(chunkBytes, first.minChunkBytes ?? 0),
  };
  try {
    for (let failures = 0; state.offset < blob.size;) {
      const outcome = await sendChunk(endpoint, upload, cursor, state);
      if (outcome.kind === "sent") {
        failures = 0;
        state = outcome.state;
        options.onProgress?.(state.offset);
        continue;
      }
      if (outcome.kind === "too-large") {
        const smaller = Math.ceil(state.length / 2);
        if (smaller < (first.minChunkBytes ?? smallestChunkBytes)) throw outcome.error;
        state = { ...state, length: smaller };
        continue;
      }
      if (!(await endpoint.retryPolicy.pause(failures, outcome.headers, signal))) throw outcome.error;
      failures += 1;
      state = { ...state, ...(await askSession(endpoint, upload, state, outcome.error)) };
    }
  } finally {
    await cursor.close();
  }
  const outcome = await finishSession(endpoint, upload, state.session);
  return { chunkBytes: state.length, outcome };
}

interface ChunkState {
  readonly session: UploadSession;
  readonly offset: number;
  readonly length: number;
}

type ChunkOutcome =
  | { readonly kind: "sent"; readonly state: ChunkState }
  | { readonly kind: "too-large"; readonly error: unknown }
  | { readonly kind: "lost"; readonly error: unknown; readonly headers: HttpResponse["headers"] | undefined };

async function sendChunk(
  endpoint: Endpoint,
  upload: Upload,
  cursor: BodyCursor,
  { session, offset, length }: ChunkState,
): Promise<ChunkOutcome> {
  const { blob, options } = upload;
  const size = Math.min(length, blob.size - offset);
  const end = offset + size;
  const held = size > mostHeldBytes ? undefined : await cursor.take(offset, size);
  let response: HttpResponse;
  try {
    response = await endpoint.send({
      method: "PATCH",
      url: session.url,
      from: session.from,
      headers: { "content-type": "application/octet-stream", "content-range": `${offset}-${end - 1}` },
      body: {
        size,
        open: () => (held === undefined ? cursor.stream(offset, size) : once(held)),
      },
      auth: session.auth,
      repeatable: false,
      signal: options.signal,
    });
  } catch (error) {
    if (!isTransient(error)) throw error;
    return { kind: "lost", error, headers: undefined };
  }
  const { status, headers } = response;
  if (status >= 200 && status < 300) {
    const { url, from, auth } =
      headers["location"] === undefined ? session : await sessionFrom(endpoint, upload, response);
    await discard(response);
    return { kind: "sent", state: { session: { ...session, url, from, auth }, offset: end, length } };
  }
  const error = await uploadError(response, endpoint, upload);
  if (status === 413) return { kind: "too-large", error };
  if (status === 416 || isRetryableStatus(status)) return { kind: "lost", error, headers };
  throw error;
}

/** Where the session wants to go on. When it does not tell, the caller has to begin a new one. */
async function askSession(
  endpoint: Endpoint,
  upload: Upload,
  { session }: ChunkState,
  failure: unknown,
): Promise<Pick<ChunkState, "session" | "offset">> {
  const { url, from, auth } = session;
  const response = await endpoint.send({
    method: "GET",
    url,
    from,
    headers: {},
    auth,
    signal: upload.options.signal,
  });
  const { status, headers } = response;
  const last = /^(?:bytes=)?0-(?<last>\d{1,15})$/u.exec(headers["range"] ?? "")?.groups?.["last"];
  if (status !== 204 || last === undefined || Number(last) >= upload.blob.size) {
    await discard(response);
    throw failure;
  }
  // Registries say 0-0 for one byte and for none; pieces of one byte are not sent.
  const offset = last === "0" ? 0 : Number(last) + 1;
  if (headers["location"] === undefined) {
    await discard(response);
    return { session, offset };
  }
  const next = await sessionFrom(endpoint, upload, response);
  return { session: { ...next, minChunkBytes: session.minChunkBytes }, offset };
}
