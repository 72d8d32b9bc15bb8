import type { HttpRequest, HttpResponse, Layer } from "./handler.js";
import { messageText } from "@blob/core/text";
import { secretsBehind } from "./known-secrets.js";
import { redactUrl } from "./redact.js";

/** One request as it went over the wire: each redirect and each retry is one of its own. Fit for logs. */
export interface HttpTrace {
  /** As in the request line. */
  readonly method: string;
  /** Without user, and with the values of every query parameter hidden that could be a secret. */
  readonly url: string;
  /** The range asked for, as in `bytes=0-99`. */
  readonly range: string | undefined;
  /** Whether credentials went along; never which. */
  readonly authorized: boolean;
  /** Undefined when no answer came. */
  readonly status: number | undefined;
  /** The bytes that the answer announces for its body; undefined when it does not say. */
  readonly contentLength: number | undefined;
  /** The range that the answer says it has, as in `bytes 0-99/1000`. */
  readonly contentRange: string | undefined;
  /** The host that the answer redirects to, with its port. */
  readonly redirectHost: string | undefined;
  /** The time that the answer says it is. */
  readonly date: string | undefined;
  /** Why no answer came. */
  readonly error: string | undefined;
  /** Until the headers of the answer were there. */
  readonly durationMs: number;
}

/** Tells about every request that leaves. */
export function withTrace(onRequest: (trace: HttpTrace) => void): Layer {
  return (next) => async (request) => {
    const start = performance.now();
    const tell = (response: HttpResponse | undefined, error: string | undefined): void =>
      onRequest({
        method: request.method,
        url: redactUrl(request.url),
        range: request.headers["range"],
        authorized: request.headers["authorization"] !== undefined,
        status: response?.status,
        contentLength: lengthOf(response),
        contentRange: contentRangeOf(response),
        redirectHost: redirectHostOf(request, response),
        date: dateOf(response),
        error,
        durationMs: performance.now() - start,
      });
    try {
      const response = await next(request);
      tell(response, undefined);
      return response;
    } catch (error) {
      tell(undefined, error instanceof Error ? error.message : "failed");
      throw error;
    }
  };
}

/** Nothing but numbers: a header can have anything in it, such as the credentials that the request came with. */
function contentRangeOf(response: HttpResponse | undefined): string | undefined {
  return /^bytes \d{1,15}-\d{1,15}\/(?:\d{1,15}|\*)$/u.exec(response?.headers["content-range"] ?? "")?.[0];
}

/** Written anew, for the same reason. */
function dateOf(response: HttpResponse | undefined): string | undefined {
  const date = new Date(response?.headers["date"] ?? "");
  return Number.isNaN(date.getTime()) ? undefined : date.toUTCString();
}

/** A host's name in small letters could still be a secret that the answer repeats. */
function redirectHostOf(request: HttpRequest, response: HttpResponse | undefined): string | undefined {
  const location = response?.headers["location"];
  if (location === undefined || response === undefined || response.status < 300 || response.status > 399) {
    return undefined;
  }
  if (!URL.canParse(location, request.url.href)) return undefined;
  const { host } = new URL(location, request.url);
  const authorization = request.headers["authorization"];
  const secrets = secretsBehind({ ...response, ...(authorization === undefined ? {} : { authorization }) });
  return secrets.some((secret) => host.includes(secret.toLowerCase())) ? "…" : messageText(host);
}

function lengthOf(response: HttpResponse | undefined): number | undefined {
  const header = response?.headers["content-length"] ?? "";
  return /^\d{1,15}$/u.test(header) ? Number(header) : undefined;
}
