import type { Digest } from "../descriptor.js";
import { blobNotFound } from "../not-found.js";
import { parseRange } from "@blob/core/ranges";
import type { Exchange } from "./exchange.js";
import { reply, replyError, replyMethodNotAllowed, replyStream } from "./exchange.js";
import type { Route } from "./route.js";

export async function serveBlob(
  exchange: Exchange,
  { repository, digest }: Route & { readonly kind: "blob" },
): Promise<void> {
  const { registry, method, signal } = exchange;
  if (method === "DELETE") {
    await registry.deleteBlob(repository, digest, { signal });
    return reply(exchange, 202);
  }
  if (method !== "GET" && method !== "HEAD") return replyMethodNotAllowed(exchange, "GET, HEAD, DELETE");
  const size = await registry.statBlob(repository, digest, { signal });
  if (size === undefined) throw blobNotFound(registry.id, repository, digest);
  if (method === "HEAD") return reply(exchange, 200, { ...blobHeaders(digest), "content-length": size });
  return getBlob(exchange, repository, { digest, size });
}

async function getBlob(
  exchange: Exchange,
  repository: string,
  blob: { readonly digest: Digest; readonly size: number },
): Promise<void> {
  const { registry, request, signal } = exchange;
  const range = parseRange(request.headers.range, blob.size);
  if (range.kind === "unsatisfiable") {
    return replyError(exchange, 416, "UNSUPPORTED", "the range is not inside the blob", {
      "content-range": `bytes */${blob.size}`,
    });
  }
  const headers = blobHeaders(blob.digest);
  if (range.kind === "whole") {
    const bytes = registry.readBlob(repository, blob, { signal });
    return replyStream(exchange, 200, { ...headers, "content-length": blob.size }, bytes);
  }
  const { start, end } = range;
  const bytes = registry.readBlob(repository, blob, {
    range: { offset: start, length: end - start },
    signal,
  });
  const partial = {
    "content-length": end - start,
    "content-range": `bytes ${start}-${end - 1}/${blob.size}`,
  };
  return replyStream(exchange, 206, { ...headers, ...partial }, bytes);
}

function blobHeaders(digest: Digest): Readonly<Record<string, string>> {
  return {
    "content-type": "application/octet-stream",
    "docker-content-digest": digest,
    "accept-ranges": "bytes",
    etag: `"${digest}"`,
  };
}
