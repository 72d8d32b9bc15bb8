import { errorCodeOf } from "../errors/exit-code.js";
import type { Circumstances } from "../errors/circumstances.js";
import { hintFor } from "../errors/hints.js";
import type { Session } from "../session/session.js";

export type CheckStatus =
  /** As it should be. */
  | "ok"
  /** Works, but not as well as it could, or may surprise. */
  | "warning"
  /** Does not work: reading or verifying archives needs it. */
  | "failed"
  /** Could not be tried, or may not be: `message` says why. */
  | "skipped";

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  /** One line for people. Holds no secrets. */
  readonly message: string;
  /** Of the error, when it failed with one. */
  readonly code?: string;
  readonly hint?: string;
}

/** What a check found, before it has its name. */
export type Finding = Omit<Check, "name">;

export const ok = (message: string): Finding => ({ status: "ok", message });
export const warning = (message: string): Finding => ({ status: "warning", message });
export const skipped = (message: string): Finding => ({ status: "skipped", message });

/** A check that ended with an error. */
export function failed(error: unknown, circumstances: Circumstances): Finding {
  const message = error instanceof Error ? error.message : String(error);
  const hint = hintFor(error, circumstances);
  return {
    status: "failed",
    message: message.replaceAll(/\s+/gu, " "),
    code: errorCodeOf(error),
    ...(hint === undefined ? {} : { hint }),
  };
}

/** Collects checks; none of them keeps the next one from being made. */
export interface Checklist {
  readonly checks: readonly Check[];
  /** Makes a check. An abort ends all of them. */
  check(name: string, look: () => Promise<Finding> | Finding): Promise<void>;
}

export function createChecklist({
  signal,
  circumstances,
}: Pick<Session, "signal" | "circumstances">): Checklist {
  const checks: Check[] = [];
  return {
    checks,
    async check(name, look) {
      signal.throwIfAborted();
      let finding: Finding;
      try {
        finding = await look();
      } catch (error) {
        signal.throwIfAborted();
        finding = failed(error, circumstances);
      }
      checks.push({ name, ...finding });
    },
  };
}
