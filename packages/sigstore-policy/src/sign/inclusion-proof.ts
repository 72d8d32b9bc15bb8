import { createHash } from "node:crypto";

export interface InclusionProof {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly treeSize: number;
  readonly hashes: readonly Uint8Array[];
}

/** The root that a proof leads to (RFC 9162, section 2.1.3.2); undefined for a proof that leads nowhere. */
export function provenRoot({ leaf, index, treeSize, hashes }: InclusionProof): Uint8Array | undefined {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(treeSize)) return undefined;
  if (index < 0 || index >= treeSize) return undefined;
  let node = BigInt(index);
  let last = BigInt(treeSize) - 1n;
  let root = sha256(Uint8Array.of(0), leaf);
  for (const hash of hashes) {
    if (last === 0n) return undefined;
    if (node % 2n === 1n || node === last) {
      root = sha256(Uint8Array.of(1), hash, root);
      while (node % 2n === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      root = sha256(Uint8Array.of(1), root, hash);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? root : undefined;
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
