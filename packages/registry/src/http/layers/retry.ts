import { setTimeout as sleepFor } from "node:timers/promises";
import { linkSignals } from "@blob/core/abort";
import type { HttpHeaders, HttpRequest, HttpResponse, Layer } from "./handler.js";
import { discard } from "./handler.js";
import { isTransient } from "./network-error.js";
import { parseRetryAfter } from "./retry-after.js";

/** How patient a client is. */
export interface RetryOptions {
  /** How often a request is sent again. Default 4. */
  readonly retries?: number | undefined;
  /** A registry that asks to wait longer than this before the next try gets none. Default 60,000 ms. */
  readonly maxWaitMs?: number | undefined;
  /** For tests. Default: real time and `Math.random`. */
  readonly clock?: RetryClock | undefined;
}

/** The time, and what waits for it. */
export interface RetryClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after so long; rejects with the reason of the signal. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
  /** At least 0, less than 1. */
  random(): number;
}

/** Decides whether and when to try again. */
export interface RetryPolicy {
  /**
   * Waits before try number `attempt` + 1 and says true; false at once when there should be none. `headers` are those
   * of a refusal.
   */
  pause(attempt: number, headers: HttpHeaders | undefined, signal: AbortSignal | undefined): Promise<boolean>;
  /** The first half of `pause`: how long to wait, in milliseconds; undefined when there should be no other try. */
  delay(attempt: number, headers: HttpHeaders | undefined): number | undefined;
  /** The second half. */
  wait(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/** The first pause; each further one is twice as long, up to the last. */
const firstPauseMs = 250;
const longestPauseMs = 8000;

const realClock: RetryClock = {
  now: () => Date.now(),
  random: () => Math.random(),
  async sleep(ms, signal) {
    const followed = signal === undefined ? undefined : linkSignals(signal);
    try {
      await sleepFor(ms, undefined, { signal: followed?.signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      followed?.release();
    }
  },
};

export function createRetryPolicy(options: RetryOptions = {}): RetryPolicy {
  const { retries = 4, maxWaitMs = 60_000, clock = realClock } = options;
  const delay: RetryPolicy["delay"] = (attempt, headers) => {
    if (attempt >= retries) return undefined;
    const asked = parseRetryAfter(headers?.["retry-after"], clock.now());
    if (asked !== undefined && asked > maxWaitMs) return undefined;
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
    // Half of it is left to chance, so that clients that failed together do not come back together.
    return Math.max(asked ?? 0, pause / 2 + (pause / 2) * clock.random());
  };
  return {
    delay,
    wait: (ms, signal) => clock.sleep(ms, signal),
    async pause(attempt, headers, signal) {
      signal?.throwIfAborted();
      const ms = delay(attempt, headers);
      if (ms === undefined) return false;
      await clock.sleep(ms, signal);
      return true;
    },
  };
}

/** Answers that are about the moment, not about the request. A conflict is: somebody else was at the same thing. */
export function isRetryableStatus(status: number): boolean {
  return [408, 409, 429, 500, 502, 503, 504].includes(status);
}

/** Some registries say so for good (a tag that must not be changed): that is not worth the patience of an outage. */
const mostConflicts = 3;

function mayPass(
  { status }: HttpResponse,
  { repeatable = true, retryConflicts = true }: HttpRequest,
): boolean {
  return repeatable && isRetryableStatus(status) && (status !== 409 || retryConflicts);
}

/** Sends requests again that failed for reasons that pass, unless they say that they cannot be repeated. */
export function withRetries(policy: RetryPolicy): Layer {
  return (next) => async (request) => {
    const { signal, repeatable = true } = request;
    let conflicts = 0;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const response = await next(request);
        if (!mayPass(response, request)) return response;
        if (response.status === 409 && (conflicts += 1) > mostConflicts) return response;
        const ms = policy.delay(attempt, response.headers);
        // With its body still unread: it says why.
        if (ms === undefined) return response;
        await discard(response);
        await policy.wait(ms, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (!repeatable || !isTransient(error)) throw error;
        if (!(await policy.pause(attempt, undefined, signal))) throw error;
      }
    }
  };
}
