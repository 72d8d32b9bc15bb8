import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";

/** Hashes of files that are computed piece by piece, by numbers that whoever asks gives out. */
export interface RunningHashes {
  /** Begins with nothing. */
  of(number: number): Hash;
  /** In hexadecimal. The number is free again. */
  digest(number: number): string;
}

export function createRunningHashes(): RunningHashes {
  const hashes = new Map<number, Hash>();
  const of = (number: number): Hash => {
    const known = hashes.get(number) ?? createHash("sha256");
    hashes.set(number, known);
    return known;
  };
  return {
    of,
    digest(number) {
      const digest = of(number).digest("hex");
      hashes.delete(number);
      return digest;
    },
  };
}
