import type { Descriptor } from "../descriptor.js";
import { manifestMediaTypes } from "../manifest/manifest-content.js";
import type { Exchange } from "./exchange.js";
import { replyJson, replyMethodNotAllowed } from "./exchange.js";
import type { Route } from "./route.js";

/** The referrers of a manifest as one image index; an empty one when there are none. */
export async function serveReferrers(
  exchange: Exchange,
  { repository, digest }: Route & { readonly kind: "referrers" },
): Promise<void> {
  const { registry, method, query, signal } = exchange;
  if (method !== "GET") return replyMethodNotAllowed(exchange, "GET");
  const artifactType = query.get("artifactType") ?? undefined;
  const manifests: Descriptor[] = [];
  for await (const one of registry.referrers(repository, digest, { artifactType, signal }))
    manifests.push(one);
  const index = { schemaVersion: 2, mediaType: manifestMediaTypes.ociIndex, manifests };
  return replyJson(exchange, 200, index, {
    "content-type": manifestMediaTypes.ociIndex,
    ...(artifactType === undefined ? {} : { "oci-filters-applied": "artifactType" }),
  });
}
