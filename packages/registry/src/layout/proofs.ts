import type { BigIntStats } from "node:fs";

/** Which files had the bytes of their digest when they were last read whole. */
export interface Proofs {
  /** Whether a file is the one that was proved, and nothing has written to it since. */
  has(file: string, stats: BigIntStats): boolean;
  /** @param stats The same before and after all of it was read and hashed. */
  add(file: string, stats: BigIntStats): void;
}

/** Bytes that change without a write, as on a failing disk, are noticed after this long. */
const proofMs = 10 * 60 * 1000;

/** A write that follows within one tick of the file system's clock leaves no trace; the coarsest clocks tick every 2 s. */
const settledMs = 2000;

const maxProofs = 4096;

/**
 * Remembers proofs, so that a blob that is read again and again is not hashed each time. The kernel vouches that a file is
 * as it was: it sets the time of the last change, and no program can choose that.
 */
export function createProofs(): Proofs {
  const proofs = new Map<string, { readonly state: string; readonly untilMs: number }>();
  return {
    has(file, stats) {
      const proof = proofs.get(file);
      if (proof === undefined) return false;
      if (proof.state === stateOf(stats) && performance.now() < proof.untilMs) return true;
      proofs.delete(file);
      return false;
    },
    add(file, stats) {
      if (Date.now() - Number(stats.ctimeMs) < settledMs) return;
      // The oldest goes first.
      const [oldest] = proofs.keys();
      if (proofs.size >= maxProofs && oldest !== undefined) proofs.delete(oldest);
      proofs.set(file, { state: stateOf(stats), untilMs: performance.now() + proofMs });
    },
  };
}

/** Whether nothing was written between two looks at an open file. */
export function isSameState(one: BigIntStats, other: BigIntStats): boolean {
  return stateOf(one) === stateOf(other);
}

function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
}
