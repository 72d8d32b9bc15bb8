import { setTimeout as sleepFor } from "node:timers/promises";
import { linkSignals } from "@blob/core/abort";
import type { HttpHeaders, HttpRequest, HttpResponse, Layer } from "./handler.js";
import { discard } from "./handler.js";
import { isTransient } from "./network-error.js";
import { parseRetryAfter } from "./retry-after.js";

/** How often and for how long failed requests are repeated. */
export interface RetryOptions {
  /** How many times a request is sent again. Default 4. */
  readonly retries?: number | undefined;
  /**
   * The longest pause, in milliseconds. If a registry asks for a longer one (`Retry-After`), the request fails instead.
   * Default 60,000.
   */
  readonly maxWaitMs?: number | undefined;
  /** Replaces time and chance, for tests. Default: real time and `Math.random`. */
  readonly clock?: RetryClock | undefined;
}

/** Time, waiting and chance, as retries use them. */
export interface RetryClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after this many milliseconds; rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
  /** A number from 0 up to, but not including, 1. */
  random(): number;
}

/** Decides whether and when a request is sent again. */
export interface RetryPolicy {
  /**
   * Waits before try number `attempt` + 1, and resolves to true; or resolves to false at once if there is to be none.
   * `headers` are those of the refusal, if there was an answer.
   */
  pause(attempt: number, headers: HttpHeaders | undefined, signal: AbortSignal | undefined): Promise<boolean>;
  /** Only computes the pause in milliseconds; undefined if there is to be no further try. */
  delay(attempt: number, headers: HttpHeaders | undefined): number | undefined;
  /** Only waits. */
  wait(ms: number, signal: AbortSignal | undefined): Promise<void>;
}

/** The first pause. Each further pause is twice as long, up to a maximum. */
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
    // Half of the pause is random, so that clients that failed together do not all come back at the same moment.
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

/**
 * Statuses that are about the moment and not about the request. A conflict is one: another client is changing the same
 * thing.
 */
export function isRetryableStatus(status: number): boolean {
  return [408, 409, 429, 500, 502, 503, 504].includes(status);
}

/**
 * Some registries answer 409 permanently, as for a tag that must not be changed: so it is retried less often than an
 * outage.
 */
const mostConflicts = 3;

function mayPass(
  { status }: HttpResponse,
  { repeatable = true, retryConflicts = true }: HttpRequest,
): boolean {
  return repeatable && isRetryableStatus(status) && (status !== 409 || retryConflicts);
}

/** Sends requests again that failed for a temporary reason, unless they are marked as not repeatable. */
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
        // Returned with its body unread: it says why the request was refused.
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
