import { isBlobError } from "@blob/core/errors";
import type { Mirror, SkippedMirror } from "./mirror.js";

/** As long as a restart takes, and short enough that a mirror is used again in a long run. */
const restMs = 30_000;

/** What a mirror lacks is remembered so that not each range of a blob asks for it again. */
const maxMissing = 1024;

/** What is wrong with the thing that was asked for, and not with the mirror. */
const aboutOneThing: ReadonlySet<string> = new Set(["NotFound", "Forbidden", "Unauthorized", "Rejected"]);

/** What no honest mirror sends. */
const lies: ReadonlySet<string> = new Set(["DigestMismatch"]);

/** Which mirrors are worth asking. Bounded: some times, and the last things that mirrors did not have. */
export interface MirrorHealth {
  /** Whether to ask a mirror for a thing. */
  mayAsk(mirror: Mirror, thing: string): boolean;
  /** Notes an error, and says what follows. */
  failed(mirror: Mirror, thing: string, error: unknown): SkippedMirror;
  /** Never asks it again. */
  distrust(mirror: Mirror): void;
}

export function createMirrorHealth(now: () => number): MirrorHealth {
  const restsUntil = new Map<Mirror, number>();
  const missing = new Set<string>();
  const keyOf = (mirror: Mirror, thing: string): string => `${mirror.name} ${thing}`;

  function rest(mirror: Mirror, code: string, thing: string): number {
    if (aboutOneThing.has(code)) {
      missing.add(keyOf(mirror, thing));
      const [oldest] = missing;
      if (missing.size > maxMissing && oldest !== undefined) missing.delete(oldest);
      return 0;
    }
    const ms = lies.has(code) ? Infinity : restMs;
    restsUntil.set(mirror, Math.max(restsUntil.get(mirror) ?? 0, now() + ms));
    return ms;
  }

  return {
    mayAsk: (mirror, thing) =>
      (restsUntil.get(mirror) ?? -Infinity) <= now() && !missing.has(keyOf(mirror, thing)),
    failed(mirror, thing, error) {
      const code = isBlobError(error) ? error.code : "Unknown";
      const message = error instanceof Error ? error.message : String(error);
      return { mirror: mirror.name, code, message, restMs: rest(mirror, code, thing) };
    },
    distrust: (mirror) => void restsUntil.set(mirror, Infinity),
  };
}
