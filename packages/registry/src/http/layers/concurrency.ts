import { onAbort } from "@blob/core/abort";
import type { HttpRequest, Layer } from "./handler.js";

/** A few times the connections that browsers open to one HTTP/1.1 host. */
const defaultWidth = 32;

/** A host, and how many requests it gets at a time. */
interface Lane {
  /** How many requests may be under way. Grows by fractions, so it need not be a whole number. */
  width: number;
  active: number;
  /** Waiting requests in the order of arrival. A set, so that one that is aborted is removed without a search. */
  readonly waiting: Set<() => void>;
}

/**
 * Limits how many requests to a host are under way at once: halved by each 429, and raised by one after as many good
 * answers as the current limit. A request counts until its headers arrive. Uploads do not count: their body may be read
 * from this same host, and would wait for the place that they hold.
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
