import type { HttpTrace } from "@blob/registry";

/** The requests of the checks, as they went over the wire. */
export interface RequestLog {
  readonly record: (trace: HttpTrace) => void;
  /** What went over the wire since the last call. */
  take(): readonly HttpTrace[];
  /** Of token servers, so far: where, and which scopes were asked for. */
  readonly tokens: readonly { readonly host: string; readonly scopes: string }[];
  /** How far the registry's clock was ahead at its last answer, in seconds. */
  skewSeconds(): number | undefined;
}

/** @param now Milliseconds since the epoch. */
export function createRequestLog(origin: () => string, now: () => number): RequestLog {
  let recent: HttpTrace[] = [];
  const tokens: { host: string; scopes: string }[] = [];
  let skew: number | undefined;
  return {
    tokens,
    record(trace) {
      recent.push(trace);
      const url = new URL(trace.url);
      if (url.searchParams.has("service") || url.searchParams.has("scope")) {
        tokens.push({ host: url.host, scopes: url.searchParams.getAll("scope").join(" ") });
      }
      const date = Date.parse(trace.date ?? "");
      if (url.origin === origin() && !Number.isNaN(date)) skew = (date - now()) / 1000;
    },
    take() {
      const taken = recent;
      recent = [];
      return taken;
    },
    skewSeconds: () => skew,
  };
}
