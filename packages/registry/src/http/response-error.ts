import { readBounded } from "../bounded-body.js";
import type { RegistryErrorCode, RegistryErrorDetails } from "../errors.js";
import { RegistryError } from "../errors.js";
import { parseJsonObject } from "../manifest-content.js";
import type { HttpResponse } from "./handler.js";
import { secretsBehind } from "./known-secrets.js";
import { redactText } from "./redact.js";
import { parseRetryAfter } from "./retry-after.js";

/** More than any registry says, and little enough to read on the way to a message. */
const maxErrorBytes = 64 * 1024;

export interface FailedAction {
  readonly host: string;
  /** Completes "cannot …", such as `read the manifest acme/site:v1`. */
  readonly action: string;
  readonly reference?: string | undefined;
  readonly digest?: string | undefined;
}

/** What the registry says about itself: the first of its errors (distribution-spec 1.1, "Error Codes"). */
interface Complaint {
  readonly code: string;
  readonly message: string;
}

/** Turns a refusal into an error, with what the registry says about it. The body is read and the connection freed. */
export async function errorFromResponse(
  response: HttpResponse,
  failed: FailedAction,
): Promise<RegistryError> {
  const { status } = response;
  const complaint = await readComplaint(response);
  const code = codeFor(status, complaint?.code);
  const details: RegistryErrorDetails = {
    host: failed.host,
    reference: failed.reference,
    digest: failed.digest,
    status,
    retryAfterMs: parseRetryAfter(response.headers["retry-after"], Date.now()),
  };
  const said = [`HTTP ${status}`, complaint?.code, complaint?.message].filter(Boolean).join(", ");
  const message = `${failed.host}: cannot ${failed.action}: ${explain(code, details, complaint)} (${said})`;
  return new RegistryError(code, message, details);
}

async function readComplaint(response: HttpResponse): Promise<Complaint | undefined> {
  // distribution 2 sends a broken body with its 416.
  if (response.status === 416) {
    response.cancel();
    return undefined;
  }
  try {
    const json = parseJsonObject(await readBounded(response.body, maxErrorBytes, "the error"));
    const errors: readonly unknown[] = Array.isArray(json?.["errors"]) ? json["errors"] : [];
    const first = errors[0];
    if (typeof first !== "object" || first === null) return undefined;
    const secrets = secretsBehind(response);
    // GitLab says "manifest invalid", and what it means by it only in the detail.
    const [code = "", message = "", detail = ""] = ["code", "message", "detail"].map((key) =>
      textIn(first, key, secrets),
    );
    const isNew = detail !== "" && !message.includes(detail);
    return { code, message: [message, isNew ? detail : ""].filter(Boolean).join(": ") };
  } catch {
    // The status says enough; what is wrong with the explanation is of no interest.
    return undefined;
  }
}

function textIn(object: object, key: string, secrets: readonly string[]): string {
  const value: unknown = Reflect.get(object, key);
  return typeof value === "string" ? redactText(value, secrets) : "";
}

function codeFor(status: number, complaint: string | undefined): RegistryErrorCode {
  if (complaint === "TOOMANYREQUESTS" || status === 429) return "RateLimited";
  if (complaint === "DIGEST_INVALID" && status === 400) return "DigestMismatch";
  if (status === 401) return "Unauthorized";
  if (status === 403 || complaint === "DENIED") return "Forbidden";
  if (status === 404) return "NotFound";
  if (status === 405 || status === 501) return "Unsupported";
  if (status === 413) return "SizeExceeded";
  if (status === 409 || status === 412) return "Conflict";
  if (status === 408 || status >= 500) return "Unavailable";
  // A range outside of what is there contradicts the size that the descriptor promised.
  if (status === 416 || status < 400) return "InvalidResponse";
  return "Rejected";
}

const explanations: Readonly<Partial<Record<RegistryErrorCode, string>>> = {
  NotFound: "it is not there, or these credentials may not see it",
  Unauthorized: "the registry wants credentials, or other ones: log in to it first",
  Forbidden: "these credentials may not do that",
  RateLimited: "too many requests: wait a while, or log in for a higher limit",
  Unavailable: "the registry has trouble: try again later",
  DigestMismatch: "the registry received other bytes than their digest promises",
  Rejected: "the registry does not take it; some only allow certain artifact types",
  SizeExceeded: "it is larger than the registry, or a proxy in front of it, allows",
  Unsupported: "the registry does not have this part of the API",
  Conflict: "somebody else is changing it, or it must not be changed",
};

function explain(
  code: RegistryErrorCode,
  { host, retryAfterMs }: RegistryErrorDetails,
  complaint: Complaint | undefined,
): string {
  if (code === "NotFound" && complaint?.code === "NAME_UNKNOWN") return notFoundRepository(host ?? "");
  if (code === "Rejected" && /unknown media type/iu.test(complaint?.message ?? "")) {
    return "the registry only takes artifact types that it knows, and not this one: push to another registry, or ask its operator to allow it";
  }
  if (code === "RateLimited" && retryAfterMs !== undefined) {
    return `too many requests: try again in ${Math.ceil(retryAfterMs / 1000)} s`;
  }
  return explanations[code] ?? "the answer makes no sense";
}

function notFoundRepository(host: string): string {
  return /\.dkr\.ecr\..*\.amazonaws\.com/u.test(host)
    ? "there is no such repository; create it first (aws ecr create-repository --repository-name NAME)"
    : "there is no such repository, or these credentials may not see it";
}
