import type { RegistryErrorCode } from "../errors.js";
import { isRegistryError } from "../errors.js";
import { isDiskFull } from "../layout/file-error.js";
import type { Exchange } from "./exchange.js";
import { replyError } from "./exchange.js";
import type { Route } from "./route.js";

const statuses: Readonly<Partial<Record<RegistryErrorCode, readonly [status: number, code: string]>>> = {
  InvalidReference: [400, "NAME_INVALID"],
  InvalidArgument: [400, "SIZE_INVALID"],
  DigestMismatch: [400, "DIGEST_INVALID"],
  Rejected: [400, "MANIFEST_INVALID"],
  Unsupported: [405, "UNSUPPORTED"],
  SizeExceeded: [413, "SIZE_INVALID"],
  Conflict: [409, "DENIED"],
  RateLimited: [429, "TOOMANYREQUESTS"],
  Unauthorized: [502, "UNAVAILABLE"],
  Forbidden: [502, "UNAVAILABLE"],
  Unavailable: [502, "UNAVAILABLE"],
  Network: [502, "UNAVAILABLE"],
  TimedOut: [504, "UNAVAILABLE"],
};

/** Answers with what went wrong. Only what the registry says on purpose goes out: causes may hold paths of this machine. */
export function replyFailure(exchange: Exchange, route: Route, error: unknown): void {
  const { response, signal } = exchange;
  if (response.headersSent || signal.aborted) {
    response.destroy();
    return;
  }
  if (isDiskFull(error)) {
    replyError(exchange, 507, "UNKNOWN", "the disk of the registry is full");
    return;
  }
  if (!isRegistryError(error) || error.code === "FileSystem") {
    replyError(exchange, 500, "UNKNOWN", "the registry has trouble of its own");
    return;
  }
  if (error.code === "NotFound") {
    const isPush = exchange.method === "PUT" && route.kind === "manifest";
    const [status, code] = isPush
      ? [400, "MANIFEST_BLOB_UNKNOWN"]
      : [404, unknownCodes[route.kind] ?? "NAME_UNKNOWN"];
    replyError(exchange, status, code, messages[code] ?? "it is not there");
    return;
  }
  if (isRead(exchange) && damages.has(error.code)) {
    replyError(exchange, 500, "UNKNOWN", "what the registry has stored is damaged, or cannot be read by it");
    return;
  }
  const [status, code] = statuses[error.code] ?? [502, "UNAVAILABLE"];
  const retryAfter = error.retryAfterMs === undefined ? undefined : Math.ceil(error.retryAfterMs / 1000);
  const headers = retryAfter === undefined ? {} : { "retry-after": retryAfter };
  replyError(exchange, status, code, messages[error.code] ?? error.code, headers);
}

function isRead({ method }: Exchange): boolean {
  return method === "GET" || method === "HEAD";
}

/** Who only reads is not to blame for these. */
const damages: ReadonlySet<RegistryErrorCode> = new Set([
  "DigestMismatch",
  "SizeExceeded",
  "Rejected",
  "Unsupported",
]);

const unknownCodes: Readonly<Partial<Record<Route["kind"], string>>> = {
  manifest: "MANIFEST_UNKNOWN",
  blob: "BLOB_UNKNOWN",
  upload: "BLOB_UPLOAD_UNKNOWN",
};

const messages: Readonly<Record<string, string>> = {
  MANIFEST_UNKNOWN: "there is no such manifest",
  BLOB_UPLOAD_UNKNOWN: "there is no such upload",
  BLOB_UNKNOWN: "there is no such blob in this repository",
  NAME_UNKNOWN: "there is no such repository",
  MANIFEST_BLOB_UNKNOWN: "the manifest names a blob that the repository does not have",
  DigestMismatch: "the bytes do not have this digest and size",
  SizeExceeded: "it is larger than this registry takes",
  Rejected: "the manifest is malformed, or not of the type that it was sent as",
  Unsupported: "this registry cannot do that",
  InvalidArgument: "the headers of the request contradict each other, or its body",
  RateLimited: "too much is under way at once; try again later",
  Conflict: "somebody else is changing it; try again",
  InvalidReference: "this is not a name that can be used here",
};
