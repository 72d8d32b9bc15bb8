import type { BlobId, Digest } from "../descriptor.js";
import { isDigest, verified } from "../digest.js";
import { isRegistryError, RegistryError } from "../errors.js";
import { isDiskFull } from "../layout/file-error.js";
import { isRepository } from "../reference.js";
import type { OpenBody } from "../registry.js";
import type { Exchange } from "./exchange.js";
import { reply, replyError, replyMethodNotAllowed } from "./exchange.js";
import type { Route } from "./route.js";
import type { UploadSession } from "./upload-session.js";

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
  const session = await sessions.find(repository, id);
  if (session === undefined)
    return replyError(exchange, 404, "BLOB_UPLOAD_UNKNOWN", "there is no such upload");
  switch (method) {
    case "GET":
      return replySession(exchange, 204, session);
    case "PATCH":
      return sessions.use(session, () =>
        freeingRoom(exchange, session, () => appendChunk(exchange, session)),
      );
    case "PUT":
      return sessions.use(session, () => freeingRoom(exchange, session, () => finish(exchange, session)));
    case "DELETE":
      await sessions.end(session);
      return reply(exchange, 204);
    default:
      return replyMethodNotAllowed(exchange, "GET, PATCH, PUT, DELETE");
  }
}

/** An upload that can never succeed must not keep the disk full until its client has understood. */
async function freeingRoom(
  { sessions }: Exchange,
  session: UploadSession,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isHopeless =
      isRegistryError(error) && (error.code === "SizeExceeded" || error.code === "DigestMismatch");
    if (isHopeless || isDiskFull(error)) await sessions.end(session);
    throw error;
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
    await exchange.sessions.use(session, () => store(exchange, session, digest));
  } finally {
    await exchange.sessions.end(session);
  }
  return replyCreated(exchange, repository, digest);
}

async function appendChunk(exchange: Exchange, session: UploadSession): Promise<void> {
  const range = chunkRange(exchange, session);
  if (range === "elsewhere") return replySession(exchange, 416, session);
  await append(exchange, session, range);
  return replySession(exchange, 202, session);
}

async function finish(exchange: Exchange, session: UploadSession): Promise<void> {
  const digest = exchange.query.get("digest") ?? "";
  if (!isDigest(digest))
    return replyError(exchange, 400, "DIGEST_INVALID", "there is no digest that is known here");
  const range = chunkRange(exchange, session);
  if (range === "elsewhere") return replySession(exchange, 416, session);
  await store(exchange, session, digest, range);
  await exchange.sessions.end(session);
  return replyCreated(exchange, session.repository, digest);
}

/** Bytes of known length that nothing came before go straight to the registry; all others by way of a file. */
async function store(
  exchange: Exchange,
  session: UploadSession,
  digest: Digest,
  length?: number,
): Promise<void> {
  const { request, body, limits } = exchange;
  const { repository } = session;
  const announced = request.headers["content-length"];
  if (session.size === 0 && announced !== undefined) {
    const blob: BlobId = { digest, size: Number(announced) };
    if (blob.size > limits.blobBytes) throw new RegistryError("SizeExceeded", "the blob is too large");
    return push(exchange, repository, blob, openOnce(session.pass(body)));
  }
  const before = session.size;
  await append(exchange, session, length);
  try {
    await push(exchange, repository, { digest, size: session.size }, () => session.read());
  } catch (error) {
    // Whoever tries again sends the last bytes again.
    await session.shrink(before);
    throw error;
  }
}

/** What was sent has to be the blob, even when the registry has it already and does not look. */
async function push(
  { registry, signal }: Exchange,
  repository: string,
  blob: BlobId,
  open: OpenBody,
): Promise<void> {
  let isRead = false;
  const opened: OpenBody = () => {
    isRead = true;
    return open();
  };
  await registry.pushBlob(repository, blob, opened, { signal });
  if (isRead) return;
  for await (const _ of verified(open(), blob)) signal.throwIfAborted();
}

/** Adds the body to the upload: so many bytes, where the client has said how many. */
async function append(
  { body, limits }: Exchange,
  session: UploadSession,
  length: number | undefined,
): Promise<void> {
  const before = session.size;
  await session.append(body, limits.blobBytes);
  if (length === undefined || session.size - before === length) return;
  const message = `got ${session.size - before} bytes for a range of ${length}`;
  await session.shrink(before);
  throw new RegistryError("InvalidArgument", message);
}

/**
 * How many bytes the client says to send, if it does. They have to follow on what is there.
 *
 * @throws RegistryError `InvalidArgument` when two headers say different things.
 */
function chunkRange({ request }: Exchange, session: UploadSession): number | "elsewhere" | undefined {
  const { "content-range": range, "content-length": announced } = request.headers;
  if (range === undefined) return undefined;
  const match = /^(?:bytes[\s=]+)?(?<start>\d{1,15})-(?<end>\d{1,15})(?:\/.*)?$/u.exec(range)?.groups;
  const { start, end } = match ?? {};
  if (start === undefined || end === undefined || Number(start) !== session.size) return "elsewhere";
  const length = Number(end) - Number(start) + 1;
  if (announced === undefined || Number(announced) === length) return length;
  throw new RegistryError("InvalidArgument", `${announced} bytes are not a range of ${length}`);
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
