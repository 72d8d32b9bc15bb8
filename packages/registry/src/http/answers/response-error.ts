import type { MissingThing } from "@blob/core/errors";
import type { RefusalReason, RegistryErrorCode, RegistryErrorDetails } from "../../errors.js";
import { RegistryError } from "../../errors.js";
import type { Answer } from "./answer.js";
import { readAnswer, sayAnswer } from "./answer.js";
import { refusalReason } from "./refusal-reason.js";
import type { HttpResponse } from "../layers/handler.js";

export interface FailedAction {
  readonly host: string;
  /** Completes "cannot …", such as `read the manifest acme/site:v1`. */
  readonly action: string;
  readonly reference?: string | undefined;
  readonly digest?: string | undefined;
  /** What is not there when the registry says so. Default: what `reference` and `digest` name. */
  readonly what?: MissingThing | undefined;
  /** Whether it gave the registry a manifest, which some only take of certain types. */
  readonly gaveManifest?: boolean | undefined;
}

/** What claims success is a page: it was no registry that answered. Only this package tells it from other errors. */
export class PageError extends RegistryError {}

/** Turns a refusal into an error, with what the registry says about it. The body is read and the connection freed. */
export async function errorFromResponse(
  response: HttpResponse,
  failed: FailedAction,
): Promise<RegistryError> {
  return errorFromAnswer(await readAnswer(response, failed.host), failed);
}

/** The same for an answer that was read already; `why` where the caller knows better what is wrong with it. */
export function errorFromAnswer(answer: Answer, failed: FailedAction, why?: string): RegistryError {
  const meant = refusalReason(answer);
  const code = codeByReason(meant) ?? codeFor(answer.status, answer.complaint?.code);
  const isForeignChallenge = code === "Unauthorized" && answer.isElsewhere && answer.hasChallenge;
  const details: RegistryErrorDetails = {
    // Whoever wants the credentials is whom to log in to.
    host: isForeignChallenge ? answer.from : failed.host,
    registry: failed.host,
    reference: failed.reference,
    digest: failed.digest,
    what: code === "NotFound" ? missingThing(failed, answer) : undefined,
    status: answer.status,
    retryAfterMs: answer.retryAfterMs,
    credentialsSent: answer.credentialsSent,
    complaint: answer.complaint?.code || undefined,
    reason: meant,
  };
  const reason = why ?? (meant === undefined ? explain(code, failed, answer) : meanings[meant]);
  const message = `${failed.host}: cannot ${failed.action}: ${reason} (${sayAnswer(answer)})`;
  return answer.isPage && answer.status < 400
    ? new PageError(code, message, details)
    : new RegistryError(code, message, details);
}

function missingThing({ what, reference = "", digest }: FailedAction, { complaint }: Answer): MissingThing {
  if (complaint?.code === "NAME_UNKNOWN") return "repository";
  if (what !== undefined) return what;
  if (reference.includes("@")) return "manifest";
  if (reference.includes(":")) return "reference";
  return digest === undefined ? "repository" : "blob";
}

/** Whatever status it comes with: it is neither about permissions nor about the moment. */
function codeByReason(reason: RefusalReason | undefined): RegistryErrorCode | undefined {
  if (reason === "ImmutableTag") return "Conflict";
  return reason === "QuotaExceeded" ? "SizeExceeded" : undefined;
}

function codeFor(status: number, complaint: string | undefined): RegistryErrorCode {
  if (complaint === "TOOMANYREQUESTS" || status === 429) return "RateLimited";
  if (complaint === "DIGEST_INVALID" && status === 400) return "DigestMismatch";
  if (status === 401) return "Unauthorized";
  // Before what it calls itself: who is in the way of others is not without permission.
  if (status === 409 || status === 412) return "Conflict";
  if (status === 403 || complaint === "DENIED") return "Forbidden";
  if (status === 404) return "NotFound";
  if (status === 405 || status === 501) return "Unsupported";
  if (status === 413) return "SizeExceeded";
  if (status === 408 || status >= 500) return "Unavailable";
  // A range outside of what is there contradicts the size that the descriptor promised.
  if (status === 416 || status < 400) return "InvalidResponse";
  return "Rejected";
}

const meanings: Readonly<Record<RefusalReason, string>> = {
  ImmutableTag: "the tag is there already, and the registry does not let it be changed",
  QuotaExceeded: "the registry has no room left for it",
  UnknownType: "the registry only takes types that it knows, and not this one",
  PlainHttpToTls: "that port speaks https, and was asked in plain http",
};

const explanations: Readonly<Partial<Record<RegistryErrorCode, string>>> = {
  NotFound: "not found, or these credentials may not see it",
  Unauthorized: "the registry does not accept the credentials that were sent",
  Forbidden: "these credentials may not do that",
  RateLimited: "too many requests: wait a while, or log in for a higher limit",
  Unavailable: "the registry has trouble: try again later",
  DigestMismatch: "the registry received other bytes than their digest promises",
  Rejected: "the registry does not take it",
  SizeExceeded: "it is larger than the registry, or a proxy in front of it, allows",
  Unsupported: "the registry does not have this part of the API",
  Conflict: "somebody else is changing it, or it must not be changed",
};

/** The same where no credentials were sent: they are not to blame. */
const anonymousExplanations: Readonly<Partial<Record<RegistryErrorCode, string>>> = {
  NotFound: "not found, or only to be seen with credentials, and none were sent",
  Unauthorized: "the registry wants credentials, and none were sent: log in to it first",
  Forbidden: "no credentials were sent, and without them that is not allowed: log in to the registry first",
};

function explain(code: RegistryErrorCode, failed: FailedAction, answer: Answer): string {
  const { host } = failed;
  const { complaint, retryAfterMs, status } = answer;
  if (answer.isElsewhere && (code === "Unauthorized" || code === "Forbidden")) {
    return explainElsewhere(host, answer);
  }
  if (code === "NotFound" && complaint?.code === "NAME_UNKNOWN") return notFoundRepository(host);
  if (code === "Rejected") return explainRejected(failed, answer);
  if (code === "RateLimited" && retryAfterMs !== undefined) {
    return `too many requests: try again in ${Math.ceil(retryAfterMs / 1000)} s`;
  }
  if (status < 400) return "what answered is no registry; is a login page or a proxy in between?";
  const anonymous = answer.credentialsSent ? undefined : anonymousExplanations[code];
  return anonymous ?? explanations[code] ?? "the answer makes no sense";
}

function explainElsewhere(host: string, { from = "", hasChallenge, status }: Answer): string {
  return status === 401 && hasChallenge
    ? `it redirected to ${from}, which wants credentials of its own, and those for ${host} are not sent there: name ${from} in the reference, and log in to it`
    : `it redirected to ${from}, which refuses`;
}

/** Only where the registry says nothing else: some do not say which types they take. */
function explainRejected({ gaveManifest }: FailedAction, { complaint, words }: Answer): string {
  const isUnexplained = words === "" && (complaint?.message ?? "") === "";
  return gaveManifest === true && isUnexplained
    ? "the registry does not take it; some only allow certain artifact types"
    : "the registry does not take it";
}

function notFoundRepository(host: string): string {
  return /\.dkr\.ecr\..*\.amazonaws\.com/u.test(host)
    ? "there is no such repository; create it first (aws ecr create-repository --repository-name NAME)"
    : "there is no such repository, or these credentials may not see it";
}
