import type { HttpTrace } from "@blob/registry";

/** Counts what a client asks for and is sent. */
export interface Traffic {
  readonly requests: number;
  /** Of the answers' bodies. */
  readonly bytes: number;
  /** To be given to a client. */
  readonly trace: (one: HttpTrace) => void;
  reset(): void;
}

export function countTraffic(): Traffic {
  let requests = 0;
  let bytes = 0;
  return {
    get requests() {
      return requests;
    },
    get bytes() {
      return bytes;
    },
    trace({ method, contentLength }) {
      requests += 1;
      if (method !== "HEAD") bytes += contentLength ?? 0;
    },
    reset() {
      requests = 0;
      bytes = 0;
    },
  };
}
