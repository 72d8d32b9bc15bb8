import type { Digest } from "../descriptor.js";
import { RegistryError } from "../errors.js";
import type { RepositoryActions } from "./endpoint.js";
import type { Endpoint } from "./endpoint.js";
import { parseContentRange } from "./content-range.js";
import { discard } from "./handler.js";
import { errorFromResponse } from "./response-error.js";

export interface BlobStat {
  readonly repository: string;
  readonly digest: Digest;
  /** What the caller is about to do: one token serves all of it. */
  readonly actions: RepositoryActions;
  readonly signal: AbortSignal | undefined;
}

/**
 * The size of a blob; undefined when the repository is not known to have it. Registries answer HEAD with 401 (ECR
 * Public), 403 (JFrog) or 405 for blobs that are not there or that they do not tell about.
 */
export async function statBlob(endpoint: Endpoint, stat: BlobStat): Promise<number | undefined> {
  const { repository, digest, actions, signal } = stat;
  const response = await endpoint.send({
    method: "HEAD",
    url: endpoint.url(repository, `blobs/${digest}`),
    headers: { "accept-encoding": "identity" },
    auth: endpoint.auth(repository, actions),
    signal,
  });
  await discard(response);
  const { status, headers } = response;
  const wasRedirected = response.url.origin !== endpoint.origin;
  // GHCR redirects to a link that is signed for GET only: asking for one byte tells.
  if (status === 403 && wasRedirected) return statByRange(endpoint, stat);
  if ([401, 403, 404, 405].includes(status)) return undefined;
  const action = `look for the blob ${digest} in ${repository}`;
  const { host } = endpoint;
  if (status !== 200)
    throw await errorFromResponse(response, { host, action, reference: repository, digest });
  return sizeOf(headers["content-length"]) ?? statByRange(endpoint, stat);
}

async function statByRange(
  endpoint: Endpoint,
  { repository, digest, actions, signal }: BlobStat,
): Promise<number> {
  const response = await endpoint.send({
    method: "GET",
    url: endpoint.url(repository, `blobs/${digest}`),
    headers: { "accept-encoding": "identity", range: "bytes=0-0" },
    auth: endpoint.auth(repository, actions),
    signal,
  });
  const { host } = endpoint;
  const action = `look for the blob ${digest} in ${repository}`;
  const { status, headers } = response;
  if (status !== 200 && status !== 206) {
    throw await errorFromResponse(response, { host, action, reference: repository, digest });
  }
  response.cancel();
  const range = headers["content-range"];
  const size = range === undefined ? sizeOf(headers["content-length"]) : parseContentRange(range)?.total;
  if (size !== undefined) return size;
  const message = `${host}: cannot ${action}: the registry does not say how large it is`;
  throw new RegistryError("InvalidResponse", message, { host, reference: repository, digest });
}

function sizeOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/u.test(header) ? Number(header) : undefined;
}
