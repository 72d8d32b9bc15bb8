import type { Digest } from "../descriptor.js";
import { isDigest } from "../digest.js";
import { RegistryError } from "../errors.js";
import { parseManifestContent } from "../manifest-content.js";
import { checkRepository, nameOf, parseTagOrDigest } from "../reference.js";
import type { CallOptions } from "../registry.js";
import type { Endpoint } from "./endpoint.js";
import type { FailedAction } from "./response-error.js";
import { discard } from "./handler.js";
import { getManifest } from "./manifests.js";
import { readFallbackIndex, updateFallbackIndex } from "./referrers-fallback.js";
import { errorFromResponse } from "./response-error.js";

/** Deletes a manifest or a tag. A referrer is first taken out of its subject's fallback index, where there is one. */
export async function deleteManifest(
  endpoint: Endpoint,
  repository: string,
  reference: string,
  { signal }: CallOptions,
): Promise<void> {
  checkRepository(repository);
  parseTagOrDigest(reference);
  if (isDigest(reference)) await leaveFallbackIndex(endpoint, repository, reference, signal);
  const name = nameOf(repository, reference);
  await sendDelete(endpoint, repository, `manifests/${reference}`, signal, {
    host: endpoint.host,
    action: `delete the manifest ${name}`,
    reference: name,
    digest: isDigest(reference) ? reference : undefined,
  });
}

export async function deleteBlob(
  endpoint: Endpoint,
  repository: string,
  digest: Digest,
  { signal }: CallOptions,
): Promise<void> {
  checkRepository(repository);
  await sendDelete(endpoint, repository, `blobs/${digest}`, signal, {
    host: endpoint.host,
    action: `delete the blob ${digest} of ${repository}`,
    reference: repository,
    digest,
  });
}

async function leaveFallbackIndex(
  endpoint: Endpoint,
  repository: string,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { bytes } = await getManifest(endpoint, repository, digest, { signal });
  const subject = parseManifestContent(bytes)?.subject?.digest;
  if (subject === undefined) return;
  const index = await readFallbackIndex(endpoint, repository, subject, signal);
  if (index === undefined || index === "foreign") return;
  await updateFallbackIndex(endpoint, repository, subject, { remove: digest }, signal);
}

async function sendDelete(
  endpoint: Endpoint,
  repository: string,
  rest: string,
  signal: AbortSignal | undefined,
  failed: FailedAction,
): Promise<void> {
  const response = await endpoint.send({
    method: "DELETE",
    url: endpoint.url(repository, rest),
    headers: {},
    auth: endpoint.auth(repository, "delete"),
    signal,
  });
  const { status } = response;
  if ([200, 202, 204].includes(status)) return discard(response);
  // distribution 2 takes every reference for a digest.
  if (status === 400 && failed.digest === undefined) {
    response.cancel();
    const message = `${failed.host}: cannot ${failed.action}: the registry does not delete by tag; give the digest`;
    throw new RegistryError("Unsupported", message, { ...failed, status });
  }
  throw await errorFromResponse(response, failed);
}
