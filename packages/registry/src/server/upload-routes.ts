import type { BlobId, Digest } from "../descriptor.js";
import { isDigest } from "../digest.js";
import { RegistryError } from "../errors.js";
import { isRepository } from "../reference.js";
import type { OpenBody } from "../registry.js";
import type { Exchange } from "./exchange.js";
import { reply, replyError, replyMethodNotAllowed } from "./exchange.js";
import type { Route } from "./route.js";
import type { UploadSession } from "./upload-sessions.js";

/** POST: begins an upload, or mounts a blob, or takes one whole. */
export async function serveUploads(
  exchange: Exchange,
  { repository }: Route & { readonly kind: "uploads" },
): Promise<void> {
  const { method, query, sessions } = exchange;
  if (method !== "POST") return replyMethodNotAllowed(exchange, "POST");
  const from = query.get("from");
  const mount = query.get("mount");
  if (mount !== null && isDigest(mount) && from !== null && isRepository(from)) {
    if (await mountBlob(exchange, repository, mount, from)) return replyCreated(exchange, repository, mount);
  }
  const digest = query.get("digest");
  if (digest !== null) return takeWhole(exchange, repository, digest);
  return replySession(exchange, 202, await sessions.begin(repository));
}

/** What happens to an upload that was begun. */
export async function serveUpload(
  exchange: Exchange,
  { repository, id }: Route & { readonly kind: "upload" },
): Promise<void> {
  const { sessions, method } = exchange;
  const session = sessions.find(repository, id);
  if (session === undefined)
    return replyError(exchange, 404, "BLOB_UPLOAD_UNKNOWN", "there is no such upload");
  switch (method) {
    case "GET":
      return replySession(exchange, 204, session);
    case "PATCH":
      return appendChunk(exchange, session);
    case "PUT":
      return finish(exchange, session);
    case "DELETE":
      await sessions.end(session);
      return reply(exchange, 204);
    default:
      return replyMethodNotAllowed(exchange, "GET, PATCH, PUT, DELETE");
  }
}

async function mountBlob(
  { registry, signal }: Exchange,
  repository: string,
  digest: Digest,
  from: string,
): Promise<boolean> {
  const size = await registry.statBlob(from, digest, { signal });
  if (size === undefined) return false;
  const blob = { digest, size };
  const open: OpenBody = () => registry.readBlob(from, blob, { signal });
  await registry.pushBlob(repository, blob, open, { mountFrom: from, signal });
  return true;
}

async function takeWhole(exchange: Exchange, repository: string, digest: string): Promise<void> {
  if (!isDigest(digest)) return replyError(exchange, 400, "DIGEST_INVALID", "this is not a digest");
  const session = await exchange.sessions.begin(repository);
  try {
    await store(exchange, session, digest);
  } finally {
    await exchange.sessions.end(session);
  }
  return replyCreated(exchange, repository, digest);
}

async function appendChunk(exchange: Exchange, session: UploadSession): Promise<void> {
  const { request, limits } = exchange;
  const range = request.headers["content-range"];
  if (range !== undefined && startOf(range) !== session.size) {
    return replySession(exchange, 416, session);
  }
  await session.append(request, limits.blobBytes);
  return replySession(exchange, 202, session);
}

async function finish(exchange: Exchange, session: UploadSession): Promise<void> {
  const digest = exchange.query.get("digest") ?? "";
  if (!isDigest(digest))
    return replyError(exchange, 400, "DIGEST_INVALID", "there is no digest that is known here");
  const range = exchange.request.headers["content-range"];
  if (range !== undefined && startOf(range) !== session.size) return replySession(exchange, 416, session);
  await store(exchange, session, digest);
  await exchange.sessions.end(session);
  return replyCreated(exchange, session.repository, digest);
}

/** Bytes of known length that nothing came before go straight to the registry; all others by way of a file. */
async function store(exchange: Exchange, session: UploadSession, digest: Digest): Promise<void> {
  const { registry, request, limits, signal } = exchange;
  const { repository } = session;
  const announced = request.headers["content-length"];
  if (session.size === 0 && announced !== undefined) {
    const blob: BlobId = { digest, size: Number(announced) };
    if (blob.size > limits.blobBytes) throw new RegistryError("SizeExceeded", "the blob is too large");
    await registry.pushBlob(repository, blob, openOnce(request), { signal });
    return;
  }
  await session.append(request, limits.blobBytes);
  await registry.pushBlob(repository, { digest, size: session.size }, () => session.read(), { signal });
}

/** A request's body comes once: a registry behind this one that wants it again gets an error instead of nothing. */
function openOnce(body: AsyncIterable<Uint8Array>): OpenBody {
  let isOpened = false;
  return () => {
    if (isOpened) throw new RegistryError("Unavailable", "the upload broke and cannot be repeated from here");
    isOpened = true;
    return body;
  };
}

function startOf(contentRange: string): number | undefined {
  const start = /^(?:bytes\s+)?(?<start>\d{1,15})-\d{1,15}(?:\/.*)?$/u.exec(contentRange)?.groups?.["start"];
  return start === undefined ? undefined : Number(start);
}

function replySession(exchange: Exchange, status: number, { id, repository, size }: UploadSession): void {
  reply(exchange, status, {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    // The last byte that is there; before the first one, registries say 0-0.
    range: `0-${Math.max(0, size - 1)}`,
    "docker-upload-uuid": id,
  });
}

function replyCreated(exchange: Exchange, repository: string, digest: Digest): void {
  reply(exchange, 201, { location: `/v2/${repository}/blobs/${digest}`, "docker-content-digest": digest });
}
