import { isRegistryError, RegistryError } from "../../errors.js";
import { messageText } from "@blob/core/text";
import { proxyErrorOf } from "../../proxy/proxy-error.js";

const timeouts: ReadonlySet<string> = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "ETIMEDOUT",
]);

/** What OpenSSL makes of an answer that is no TLS. */
const noTls: ReadonlySet<string> = new Set([
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
]);

/** Failures that a retry would only repeat: a name that does not exist, a certificate that is not trusted. */
const permanent =
  /^(?:ENOTFOUND$|PROXY_(?:INVALID|REFUSED)$|CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HPE_|ERR_INVALID_)/u;

/** The error for a failure of the transport. */
export function networkError(host: string, error: unknown): RegistryError {
  const proxy = proxyErrorOf(error);
  if (proxy !== undefined) {
    const code = proxy.code === "PROXY_INVALID" ? "InvalidArgument" : "Network";
    const { status } = proxy;
    return new RegistryError(code, `${host}: ${proxy.message}`, { host, status, cause: proxy });
  }
  dropBytes(error);
  const code = codeOf(error);
  if (code !== undefined && timeouts.has(code)) {
    const message = `${host}: no answer for too long (${code}): check the network, or try again later`;
    return new RegistryError("TimedOut", message, { host, cause: error });
  }
  const reason =
    code !== undefined && noTls.has(code)
      ? `what answers there speaks no TLS (${code})`
      : error instanceof Error && error.message !== ""
        ? messageText(error.message)
        : "connection failed";
  const said = `${reason}${code === undefined || reason.includes(code) ? "" : ` (${code})`}`;
  const message = `${host}: ${said}: ${isAboutCertificate(code) ? "its certificate is not trusted" : "check the host name and the network"}`;
  return new RegistryError("Network", message, { host, cause: error });
}

function isAboutCertificate(code = ""): boolean {
  return /^(?:CERT_|ERR_TLS_CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/u.test(code);
}

/** Whether what answered speaks no TLS. Never so for a certificate that is not trusted: that is TLS. */
export function speaksNoTls(error: unknown): boolean {
  return isRegistryError(error) && error.code === "Network" && noTls.has(codeOf(error.cause) ?? "");
}

/** Whether the same request may succeed a moment later. */
export function isTransient(error: unknown): boolean {
  if (!isRegistryError(error)) return false;
  if (error.code === "TimedOut") return true;
  if (error.code !== "Network") return false;
  return !permanent.test(codeOf(error.cause) ?? "");
}

function codeOf(error: unknown): string | undefined {
  let found: string | undefined;
  // An AggregateError (both address families failed) has its code on itself or on its parts.
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    const code: unknown = Reflect.get(cause, "code");
    if (typeof code === "string" && (found === undefined || found.startsWith("UND_ERR_SOCKET"))) found = code;
  }
  return found;
}

/**
 * Errors of undici's parser hold the bytes that it could not parse. They may repeat what was sent, with its secrets.
 */
function dropBytes(error: unknown): void {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    Reflect.deleteProperty(cause, "data");
  }
}
