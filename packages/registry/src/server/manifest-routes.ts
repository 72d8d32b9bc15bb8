import { readBounded } from "../bounded-body.js";
import { parseManifestContent } from "../manifest/manifest-content.js";
import { digestLike, isDigest } from "../digest.js";
import type { Exchange } from "./exchange.js";
import { reply, replyError, replyMethodNotAllowed } from "./exchange.js";
import { isManifestType, servedType } from "./manifest-type.js";
import type { Route } from "./route.js";

export async function serveManifest(
  exchange: Exchange,
  route: Route & { readonly kind: "manifest" },
): Promise<void> {
  switch (exchange.method) {
    case "GET":
      return getManifest(exchange, route.repository, route.reference);
    case "HEAD":
      return headManifest(exchange, route.repository, route.reference);
    case "PUT":
      return putManifest(exchange, route.repository, route.reference);
    case "DELETE":
      await exchange.registry.deleteManifest(route.repository, route.reference, { signal: exchange.signal });
      return reply(exchange, 202);
    default:
      replyMethodNotAllowed(exchange, "GET, HEAD, PUT, DELETE");
  }
}

async function getManifest(exchange: Exchange, repository: string, reference: string): Promise<void> {
  const { registry, response, signal } = exchange;
  const { descriptor, bytes } = await registry.manifest(repository, reference, { signal });
  response.writeHead(200, {
    "content-type": servedType(descriptor.mediaType),
    "content-length": bytes.length,
    "docker-content-digest": descriptor.digest,
    etag: `"${descriptor.digest}"`,
  });
  response.end(bytes);
}

async function headManifest(exchange: Exchange, repository: string, reference: string): Promise<void> {
  const { registry, signal } = exchange;
  const { mediaType, digest, size } = await registry.resolve(repository, reference, { signal });
  reply(exchange, 200, {
    "content-type": servedType(mediaType),
    "content-length": size,
    "docker-content-digest": digest,
    etag: `"${digest}"`,
  });
}

async function putManifest(exchange: Exchange, repository: string, reference: string): Promise<void> {
  const { registry, request, body, limits, signal } = exchange;
  const mediaType = request.headers["content-type"]?.split(";", 1)[0]?.trim() ?? "";
  if (mediaType === "") return replyError(exchange, 400, "MANIFEST_INVALID", "there is no Content-Type");
  if (!isManifestType(mediaType)) {
    return replyError(
      exchange,
      400,
      "MANIFEST_INVALID",
      "the Content-Type is not that of a manifest in JSON",
    );
  }
  const bytes = await readBounded(body, limits.manifestBytes, "the manifest");
  if (isDigest(reference) && digestLike(reference, bytes) !== reference) {
    return replyError(exchange, 400, "DIGEST_INVALID", "the manifest does not have this digest");
  }
  const name = isDigest(reference) ? { digest: reference } : { tag: reference };
  const { digest } = await registry.pushManifest(repository, { mediaType, bytes }, { ...name, signal });
  const subject = parseManifestContent(bytes)?.subject?.digest;
  return reply(exchange, 201, {
    // Tells the client that it need not keep a fallback tag.
    ...(subject === undefined ? {} : { "oci-subject": subject }),
    location: `/v2/${repository}/manifests/${digest}`,
    "docker-content-digest": digest,
  });
}
