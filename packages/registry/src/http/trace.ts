import type { HttpResponse, Layer } from "./handler.js";
import { redactUrl } from "./redact.js";

/** One request as it went over the wire: each redirect and each retry is one of its own. Fit for logs. */
export interface HttpTrace {
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

function lengthOf(response: HttpResponse | undefined): number | undefined {
  const header = response?.headers["content-length"] ?? "";
  return /^\d{1,15}$/u.test(header) ? Number(header) : undefined;
}
