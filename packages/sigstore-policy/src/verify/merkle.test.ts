import fc from "fast-check";
import { expect, test } from "vitest";
import { createMerkleTree } from "../sigstore-server/merkle-tree.js";
import { rootFromProof } from "./merkle.js";

const leafOf = (index: number): Uint8Array => Buffer.from(`leaf ${String(index)}`);

function treeOf(size: number): ReturnType<typeof createMerkleTree> {
  const tree = createMerkleTree();
  for (let index = 0; index < size; index += 1) tree.append(leafOf(index));
  return tree;
}

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

test("a proof with anything else in it leads elsewhere, or nowhere", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.nat(99),
      fc.constantFrom("index", "missing", "more", "flipped"),
      fc.nat(),
      (treeSize, anyIndex, wrong, where) => {
        const index = anyIndex % treeSize;
        const tree = treeOf(treeSize);
        const hashes = [...tree.inclusionProof(index, treeSize)];
        const at = where % Math.max(1, hashes.length);
        if (wrong === "missing") hashes.splice(at, 1);
        if (wrong === "more") hashes.splice(at, 0, Buffer.alloc(32));
        if (wrong === "flipped") {
          const hash = Buffer.from(hashes[at] ?? Buffer.alloc(0));
          hash[0] = (hash[0] ?? 0) ^ 1;
          hashes[at] = hash;
        }
        const claimed = wrong === "index" ? index + 1 + (where % 100) : index;
        const unchanged = treeSize === 1 && wrong === "missing";
        const root = rootFromProof(leafOf(index), BigInt(claimed), BigInt(treeSize), hashes);
        const leads = root !== undefined && Buffer.compare(root, tree.root(treeSize)) === 0;
        expect(leads).toBe(unchanged);
      },
    ),
  );
});
