import type { HttpRequest, HttpResponse, Layer } from "./handler.js";
import { messageText } from "@blob/core/text";
import { secretsBehind } from "./known-secrets.js";
import { redactUrl } from "./redact.js";

/**
 * One request as it was sent: each redirect and each retry is a request of its own. Holds no secrets, so that it can be
 * logged.
 */
export interface HttpTrace {
  /** The HTTP method. */
  readonly method: string;
  /** Without user and password, and without values of query parameters that could be secret. */
  readonly url: string;
  /** The range asked for, as in `bytes=0-99`. */
  readonly range: string | undefined;
  /** Whether the request had credentials. */
  readonly authorized: boolean;
  /** The status of the answer; undefined if none came. */
  readonly status: number | undefined;
  /** The length of the body that the answer announces, in bytes; undefined if it announces none. */
  readonly contentLength: number | undefined;
  /** The range that the answer says it has, as in `bytes 0-99/1000`. */
  readonly contentRange: string | undefined;
  /** The host that the answer redirects to, with its port. */
  readonly redirectHost: string | undefined;
  /** The `Date` of the answer: the server's clock. */
  readonly date: string | undefined;
  /** Why no answer came; undefined if one came. */
  readonly error: string | undefined;
  /** Milliseconds until the headers of the answer had arrived, or the request had failed. */
  readonly durationMs: number;
}

/** Reports every request that is sent. */
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

/** Only the numbers of the header are kept: a server can put anything into it, such as the request's credentials. */
function contentRangeOf(response: HttpResponse | undefined): string | undefined {
  return /^bytes \d{1,15}-\d{1,15}\/(?:\d{1,15}|\*)$/u.exec(response?.headers["content-range"] ?? "")?.[0];
}

/** Parsed and written anew, for the same reason. */
function dateOf(response: HttpResponse | undefined): string | undefined {
  const date = new Date(response?.headers["date"] ?? "");
  return Number.isNaN(date.getTime()) ? undefined : date.toUTCString();
}

/** Even a host name could be a secret of the request that the server repeats: those are not shown. */
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
