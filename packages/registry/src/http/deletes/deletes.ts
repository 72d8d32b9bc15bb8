import type { Digest } from "../../descriptor.js";
import { isDigest } from "../../digest.js";
import { RegistryError } from "../../errors.js";
import { parseManifestContent } from "../../manifest/manifest-content.js";
import { checkRepository, nameOf, parseTagOrDigest } from "../../reference.js";
import type { CallOptions } from "../../registry.js";
import type { Endpoint } from "../layers/endpoint.js";
import type { FailedAction } from "../answers/response-error.js";
import type { Answer } from "../answers/answer.js";
import { readAnswer } from "../answers/answer.js";
import { discard } from "../layers/handler.js";
import { acceptedManifests, getManifest } from "../manifests/manifests.js";
import { readFallbackIndex, updateFallbackIndex } from "../referrers/referrers-fallback.js";
import { errorFromAnswer, errorFromResponse } from "../answers/response-error.js";

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
  const { kind } = await readFallbackIndex(endpoint, repository, subject, signal);
  if (kind !== "index") return;
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
  if (status === 200 || status === 202 || status === 204) {
    const answer = await readAnswer(response, endpoint.host);
    if (answer.isPage) throw errorFromAnswer(answer, failed);
    // 202 is what the specification wants; with any other success it may not have been a registry that answered.
    if (status !== 202) await requireGone(endpoint, repository, rest, answer, failed, signal);
    return;
  }
  // distribution 2 takes every reference for a digest.
  if (status === 400 && failed.digest === undefined) {
    response.cancel();
    const message = `${failed.host}: cannot ${failed.action}: the registry does not delete by tag; give the digest`;
    throw new RegistryError("Unsupported", message, { ...failed, status });
  }
  throw await errorFromResponse(response, failed);
}

/** How often to look again for what may take a moment to go. */
const moreLooks = 2;

/** Only what is still there to be seen contradicts: many registries do not tell about what is gone. */
async function requireGone(
  endpoint: Endpoint,
  repository: string,
  rest: string,
  answer: Answer,
  failed: FailedAction,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let looks = 0; ; looks += 1) {
    const response = await endpoint.send({
      method: "HEAD",
      url: endpoint.url(repository, rest),
      headers: { accept: acceptedManifests, "accept-encoding": "identity" },
      auth: endpoint.auth(repository, "pull"),
      signal,
    });
    await discard(response);
    if (response.status >= 300) return;
    if (looks < moreLooks && (await endpoint.retryPolicy.pause(looks, undefined, signal))) continue;
    throw errorFromAnswer(
      answer,
      failed,
      "what answered claims to have deleted it, and it is still there: that is no registry, or a broken one",
    );
  }
}
