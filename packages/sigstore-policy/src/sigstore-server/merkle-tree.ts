import { createHash } from "node:crypto";

/** A Merkle tree over leaves that are only ever appended (RFC 6962, section 2). */
export interface MerkleTree {
  readonly size: number;
  /** @returns The index of the new leaf. */
  append(leaf: Uint8Array): number;
  /** Of the first `size` leaves. */
  root(size: number): Uint8Array;
  /** The hashes that lead from a leaf to the root of the first `size` leaves, from the bottom up. */
  inclusionProof(index: number, size: number): readonly Uint8Array[];
}

export function createMerkleTree(): MerkleTree {
  const leaves: Uint8Array[] = [];

  const hashOf = (start: number, end: number): Uint8Array => {
    if (end - start === 0) return sha256();
    if (end - start === 1) return leaves[start] ?? sha256();
    const middle = start + largestPowerOfTwoBelow(end - start);
    return sha256(Uint8Array.of(1), hashOf(start, middle), hashOf(middle, end));
  };

  const pathTo = (index: number, start: number, end: number): readonly Uint8Array[] => {
    if (end - start <= 1) return [];
    const middle = start + largestPowerOfTwoBelow(end - start);
    return index < middle
      ? [...pathTo(index, start, middle), hashOf(middle, end)]
      : [...pathTo(index, middle, end), hashOf(start, middle)];
  };

  return {
    get size() {
      return leaves.length;
    },
    append: (leaf) => leaves.push(sha256(Uint8Array.of(0), leaf)) - 1,
    root: (size) => hashOf(0, size),
    inclusionProof: (index, size) => pathTo(index, 0, size),
  };
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function largestPowerOfTwoBelow(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}
