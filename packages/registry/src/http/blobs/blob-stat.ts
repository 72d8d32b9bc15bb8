import type { Digest } from "../../descriptor.js";
import type { RegistryError } from "../../errors.js";
import { contentTypeOf } from "../answers/answer.js";
import { parseContentRange } from "@blob/core/ranges";
import type { Endpoint, RepositoryActions } from "../layers/endpoint.js";
import type { HttpResponse } from "../layers/handler.js";
import { discard } from "../layers/handler.js";
import { hasDigest, otherDigestIn } from "../answers/proof.js";
import { errorFromResponse } from "../answers/response-error.js";

export interface BlobQuestion {
  readonly repository: string;
  readonly digest: Digest;
  /** The size that it should have, where the caller knows it. */
  readonly size?: number | undefined;
  /** What the caller is about to do: one token serves all of it. */
  readonly actions: RepositoryActions;
  readonly signal: AbortSignal | undefined;
}

/** What a repository says about a blob. It may be a lie: see `isSameBlob`. */
export type BlobFinding =
  | { readonly kind: "found"; readonly size: number; readonly otherDigest: Digest | undefined }
  | { readonly kind: "absent" }
  /** It does not tell, or what answered may be no registry. */
  | { readonly kind: "untold" };

/** The size of a blob; undefined when the repository is not known to have it. */
export async function statBlob(endpoint: Endpoint, question: BlobQuestion): Promise<number | undefined> {
  const finding = await lookForBlob(endpoint, question);
  return finding.kind === "found" && finding.otherDigest === undefined ? finding.size : undefined;
}

/**
 * A HEAD. Where that tells nothing, or its answer could be a page, a GET of the first byte: only what keeps blobs answers
 * that with a part.
 */
export async function lookForBlob(endpoint: Endpoint, question: BlobQuestion): Promise<BlobFinding> {
  const response = await ask(endpoint, question, "HEAD");
  await discard(response);
  const { status } = response;
  const wasRedirected = response.url.origin !== endpoint.origin;
  // GHCR redirects to a link that is signed for GET only.
  if (status === 403 && wasRedirected) return lookAtFirstByte(endpoint, question);
  if (isUnknown(status)) return unknown(status);
  if (status === 400) throw await errorInWords(response, endpoint, question);
  if (status !== 200) throw await statError(response, endpoint, question);
  const size = sizeOf(response.headers["content-length"]);
  // Some proxies answer every HEAD with a length of 0.
  const isCredible = size !== undefined && (size > 0 || (question.size ?? 0) === 0);
  if (!isCredible || isDoubtful(response, question.digest)) return lookAtFirstByte(endpoint, question);
  return { kind: "found", size, otherDigest: otherDigestIn(response, question.digest) };
}

async function lookAtFirstByte(endpoint: Endpoint, question: BlobQuestion): Promise<BlobFinding> {
  const response = await ask(endpoint, question, "GET");
  const { status, headers } = response;
  const isAnswer = status === 200 || status === 206 || status === 416;
  if (!isAnswer && !isUnknown(status)) throw await statError(response, endpoint, question);
  response.cancel();
  if (!isAnswer) return unknown(status);
  const size = sizeIn(response, question.digest);
  if (size === undefined) return { kind: "untold" };
  // A part of a body may have a digest of its own.
  const isWhole = status === 200 && headers["content-range"] === undefined;
  return { kind: "found", size, otherDigest: isWhole ? otherDigestIn(response, question.digest) : undefined };
}

function sizeIn(response: HttpResponse, digest: Digest): number | undefined {
  const { status, headers } = response;
  const range = headers["content-range"] ?? "";
  // An empty blob has no first byte: 416.
  if (status === 206 || status === 416) {
    const told = parseContentRange(range);
    return (told?.offset === undefined) === (status === 416) ? told?.size : undefined;
  }
  return isDoubtful(response, digest) ? undefined : sizeOf(headers["content-length"]);
}

/**
 * Whether a success may be that of a page: HTML, or after a redirect anything that people read. A digest header or a part
 * speaks for a registry, which may call its blobs whatever it likes.
 */
function isDoubtful(response: HttpResponse, digest: Digest): boolean {
  if (hasDigest(response, digest)) return false;
  const type = contentTypeOf(response.headers["content-type"]);
  if (type === undefined) return false;
  if (type === "text/html" || type === "application/xhtml+xml") return true;
  return response.redirected !== undefined && (type.startsWith("text/") || type === "application/json");
}

function ask(
  endpoint: Endpoint,
  { repository, digest, actions, signal }: BlobQuestion,
  method: "HEAD" | "GET",
): Promise<HttpResponse> {
  return endpoint.send({
    method,
    url: endpoint.url(repository, `blobs/${digest}`),
    headers: { "accept-encoding": "identity", ...(method === "GET" ? { range: "bytes=0-0" } : {}) },
    auth: endpoint.auth(repository, actions),
    signal,
  });
}

/** A HEAD is refused without a reason: the same GET may be given one, such as that this is a port for TLS. */
async function errorInWords(
  refused: HttpResponse,
  endpoint: Endpoint,
  question: BlobQuestion,
): Promise<RegistryError> {
  const response = await ask(endpoint, question, "GET");
  if (response.status === refused.status) return statError(response, endpoint, question);
  response.cancel();
  return statError(refused, endpoint, question);
}

function statError(
  response: HttpResponse,
  { host }: Endpoint,
  { repository, digest }: BlobQuestion,
): Promise<RegistryError> {
  const action = `look for the blob ${digest} in ${repository}`;
  return errorFromResponse(response, { host, action, reference: repository, digest });
}

/** What registries say of blobs that are not there, or (ECR Public 401, JFrog 403) that they do not tell about. */
function isUnknown(status: number): boolean {
  return [401, 403, 404, 405].includes(status);
}

function unknown(status: number): BlobFinding {
  return { kind: status === 404 ? "absent" : "untold" };
}

function sizeOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,15}$/u.test(header) ? Number(header) : undefined;
}
