import type { Digest } from "../descriptor.js";
import type { RepositoryActions } from "./endpoint.js";
import type { Endpoint } from "./endpoint.js";
import type { RegistryError } from "../errors.js";
import { parseContentRange } from "./content-range.js";
import type { HttpResponse } from "./handler.js";
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
  if (isUnknown(status)) return undefined;
  if (status !== 200) throw await statError(response, endpoint, stat);
  return sizeOf(headers["content-length"]) ?? statByRange(endpoint, stat);
}

async function statByRange(endpoint: Endpoint, stat: BlobStat): Promise<number | undefined> {
  const { repository, digest, actions, signal } = stat;
  const response = await endpoint.send({
    method: "GET",
    url: endpoint.url(repository, `blobs/${digest}`),
    headers: { "accept-encoding": "identity", range: "bytes=0-0" },
    auth: endpoint.auth(repository, actions),
    signal,
  });
  const { status, headers } = response;
  const isAnswer = status === 200 || status === 206 || status === 416;
  if (!isAnswer && !isUnknown(status)) throw await statError(response, endpoint, stat);
  response.cancel();
  const range = headers["content-range"] ?? "";
  if (status === 200) return sizeOf(headers["content-length"]);
  if (status === 206) return parseContentRange(range)?.total;
  // An empty blob has no first byte.
  return sizeOf(/^bytes \*\/(?<size>\d+)$/u.exec(range)?.groups?.["size"]);
}

function statError(
  response: HttpResponse,
  { host }: Endpoint,
  { repository, digest }: BlobStat,
): Promise<RegistryError> {
  const action = `look for the blob ${digest} in ${repository}`;
  return errorFromResponse(response, { host, action, reference: repository, digest });
}

/** What registries say of blobs that are not there, or that they do not tell about. */
function isUnknown(status: number): boolean {
  return [401, 403, 404, 405].includes(status);
}

function sizeOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/u.test(header) ? Number(header) : undefined;
}
