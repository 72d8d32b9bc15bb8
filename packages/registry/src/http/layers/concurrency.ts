import { onAbort } from "@blob/core/abort";
import type { HttpRequest, Layer } from "./handler.js";

/** As many as browsers and registry clients dare to have open to one host over HTTP/1.1, times a few. */
const defaultWidth = 32;

/** A host and how much it can take. */
interface Lane {
  /** How many requests may be under way; not a whole number while it grows. */
  width: number;
  active: number;
  /** In the order of arrival. A set: whoever leaves does not have to be looked for. */
  readonly waiting: Set<() => void>;
}

/**
 * Limits how many requests of a host are under way at once: half as many after each 429, one more after as many good
 * answers as are allowed now. A request counts until its headers are there. Uploads do not count: their body may come
 * from this same host, and must not wait for the place that they hold.
 */
export function withAdaptiveConcurrency(maxWidth: number = defaultWidth): Layer {
  const most = maxWidth >= 1 ? maxWidth : 1;
  const lanes = new Map<string, Lane>();
  return (next) => async (request) => {
    if (request.body !== undefined) return next(request);
    const { host } = request.url;
    const lane = lanes.get(host) ?? { width: most, active: 0, waiting: new Set<() => void>() };
    lanes.set(host, lane);
    await enter(lane, request);
    try {
      const response = await next(request);
      const isTooMuch = response.status === 429;
      lane.width = isTooMuch ? Math.max(1, lane.width / 2) : Math.min(most, lane.width + 1 / lane.width);
      return response;
    } finally {
      lane.active -= 1;
      admit(lane);
      if (lane.active === 0 && lane.waiting.size === 0 && lane.width >= most) lanes.delete(host);
    }
  };
}

async function enter(lane: Lane, { signal }: HttpRequest): Promise<void> {
  signal?.throwIfAborted();
  if (lane.active < Math.floor(lane.width) && lane.waiting.size === 0) {
    lane.active += 1;
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const enterNow = (): void => {
      stopListening?.();
      lane.active += 1;
      resolve();
    };
    lane.waiting.add(enterNow);
    const stopListening =
      signal &&
      onAbort(signal, () => {
        lane.waiting.delete(enterNow);
        reject(signal.reason);
      });
  });
}

function admit(lane: Lane): void {
  while (lane.active < Math.floor(lane.width)) {
    const [first] = lane.waiting;
    if (first === undefined) return;
    lane.waiting.delete(first);
    first();
  }
}
