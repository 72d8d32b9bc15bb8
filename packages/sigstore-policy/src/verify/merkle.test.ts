import { expect, test } from "vitest";
import { createMerkleTree } from "../sigstore-server/merkle-tree.js";
import { rootFromProof } from "./merkle.js";

const leafOf = (index: number): Uint8Array => Buffer.from(`leaf ${String(index)}`);

test("every leaf of every tree up to 33 has the root, and no other index or size has", () => {
  const tree = createMerkleTree();
  for (let size = 1; size <= 33; size += 1) {
    tree.append(leafOf(size - 1));
    const root = Buffer.from(tree.root(size)).toString("hex");
    for (let index = 0; index < size; index += 1) {
      const hashes = tree.inclusionProof(index, size);
      const found = (leaf: Uint8Array, at: number, of: number, path = hashes): string | undefined => {
        const computed = rootFromProof(leaf, BigInt(at), BigInt(of), path);
        return computed === undefined ? undefined : Buffer.from(computed).toString("hex");
      };
      expect(found(leafOf(index), index, size)).toBe(root);
      expect(found(leafOf(index + 1), index, size)).not.toBe(root);
      for (let other = 0; other < size; other += 1) {
        if (other !== index) expect(found(leafOf(index), other, size)).not.toBe(root);
      }
      expect(found(leafOf(index), index, size, [...hashes, Buffer.alloc(32)])).toBeUndefined();
      if (hashes.length > 0) {
        expect(found(leafOf(index), index, size, hashes.slice(0, -1))).toBeUndefined();
        expect(found(leafOf(index), index, size, [Buffer.alloc(31), ...hashes.slice(1)])).toBeUndefined();
        expect(found(leafOf(index), index, size, [Buffer.alloc(33), ...hashes.slice(1)])).toBeUndefined();
      }
    }
  }
});

test("an index outside of the tree, and a tree without leaves, have no root", () => {
  for (const [index, size] of [
    [-1n, 1n],
    [1n, 1n],
    [2n, 1n],
    [0n, 0n],
  ] as const) {
    expect(rootFromProof(leafOf(0), index, size, [])).toBeUndefined();
  }
});
