import type { LeastRate } from "./body-rate.js";
import type { StallTimeouts } from "./dispatcher.js";

/** What is waited for an answer, beyond silence on the connection. */
export interface TransferLimits {
  readonly headersMs: number;
  readonly rate: LeastRate;
}

/** With the defaults that `StallTimeouts` documents. */
export function transferLimits(timeouts: StallTimeouts = {}): TransferLimits {
  const { headersMs = 300_000, leastBytesPerSecond = 1024, rateWindowMs = 60_000 } = timeouts;
  return { headersMs, rate: { bytesPerSecond: leastBytesPerSecond, windowMs: rateWindowMs } };
}
