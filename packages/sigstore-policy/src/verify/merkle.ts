import { createHash } from "node:crypto";

/**
 * The root of a tree that has this leaf at this index, computed from a proof of inclusion (RFC 9162, 2.1.3.2).
 * Undefined when the proof has not the number of hashes that such a tree needs.
 */
export function rootFromProof(
  leaf: Uint8Array,
  index: bigint,
  size: bigint,
  hashes: readonly Uint8Array[],
): Uint8Array | undefined {
  if (index < 0n || index >= size) return undefined;
  let node = index;
  let last = size - 1n;
  let root = digest(0, leaf);
  for (const hash of hashes) {
    if (last === 0n || hash.length !== root.length) return undefined;
    if (node % 2n === 1n || node === last) {
      root = digest(1, hash, root);
      while (node % 2n === 0n && node !== 0n) {
        node /= 2n;
        last /= 2n;
      }
    } else {
      root = digest(1, root, hash);
    }
    node /= 2n;
    last /= 2n;
  }
  return last === 0n ? root : undefined;
}

function digest(prefix: 0 | 1, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256").update(Uint8Array.of(prefix));
  for (const part of parts) hash.update(part);
  return hash.digest();
}
