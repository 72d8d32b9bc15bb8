import fc from "fast-check";
import { expect, test } from "vitest";
import { createMerkleTree } from "../sigstore-server/merkle-tree.js";
import { provenRoot } from "./inclusion-proof.js";

const leafOf = (index: number): Uint8Array => Buffer.from(`leaf ${String(index)}`);

function treeOf(size: number): ReturnType<typeof createMerkleTree> {
  const tree = createMerkleTree();
  for (let index = 0; index < size; index += 1) tree.append(leafOf(index));
  return tree;
}

test("the proof of every leaf of every small tree leads to its root, and to no other leaf", () => {
  for (let treeSize = 1; treeSize <= 40; treeSize += 1) {
    const tree = treeOf(treeSize);
    const root = Buffer.from(tree.root(treeSize));
    for (let index = 0; index < treeSize; index += 1) {
      const proof = { index, treeSize, hashes: tree.inclusionProof(index, treeSize) };
      expect(root.equals(provenRoot({ ...proof, leaf: leafOf(index) }) ?? Buffer.of())).toBe(true);
      expect(root.equals(provenRoot({ ...proof, leaf: leafOf(index + 1) }) ?? Buffer.of())).toBe(false);
    }
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
        const root = provenRoot({ leaf: leafOf(index), index: claimed, treeSize, hashes });
        const leads = root !== undefined && Buffer.compare(root, tree.root(treeSize)) === 0;
        expect(leads).toBe(unchanged);
      },
    ),
  );
});

test("numbers that are none prove nothing", () => {
  const proof = { leaf: leafOf(0), hashes: [] };
  for (const [index, treeSize] of [
    [-1, 1],
    [0, 0],
    [0.5, 1],
    [Number.NaN, 1],
    [0, Number.NaN],
    [0, 2 ** 60],
  ] as const) {
    expect(provenRoot({ ...proof, index, treeSize })).toBeUndefined();
  }
});
