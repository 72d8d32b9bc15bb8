import fc from "fast-check";
import { createTarDecoder } from "modern-tar";
import { expect, test } from "vitest";

import { archiveOfFiles } from "../testing/archive-of-files.js";
import type { FileOfArchive } from "../testing/archive-of-files.js";
import { collectBytes } from "../testing/collect.js";
import { fromTar } from "./from-tar.js";
import { toTar } from "./to-tar.js";

/** Names of all kinds: short and long, ASCII and not, with what other programs take for something else. */
const element = fc.oneof(
  fc.stringMatching(/^[a-z]{1,3}$/),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
  fc.integer({ min: 90, max: 260 }).map((length) => "n".repeat(length)),
  fc.constantFrom(" ", "a\nb", "a=b", "-rf", "\u{1f600}", "é".repeat(60), "17 path=x"),
);

const path = fc
  .array(element, { minLength: 1, maxLength: 5 })
  .map((elements) => elements.join("/"))
  .filter((one) => !/(?:^|\/)\.{0,2}(?:\/|$)|\0|\p{Surrogate}/u.test(one));

const second = 1_000_000_000n;

const file = fc.record({
  path,
  content: fc.uint8Array({ maxLength: 1500 }),
  mode: fc.integer({ min: 0, max: 0o777 }),
  mtimeNs: fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.bigInt({ min: -100n, max: 4_000_000_000n }).map((seconds) => seconds * second),
    fc.constantFrom(0n, -1n, 1n, -second, -second - 1n, 8_589_934_591n * second, 8_589_934_592n * second),
  ),
});

/** Any tree: no two of a name, and no file where another one needs a directory. */
const tree = fc.array(file, { maxLength: 12 }).map((files) => {
  const paths = new Set<string>();
  return files.filter((one) => {
    const isFree = [...paths].every(
      (other) => other !== one.path && !other.startsWith(`${one.path}/`) && !one.path.startsWith(`${other}/`),
    );
    if (isFree) paths.add(one.path);
    return isFree;
  });
});

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

async function filesOf(stream: AsyncIterable<Uint8Array>): Promise<FileOfArchive[]> {
  const files: FileOfArchive[] = [];
  for await (const { path: name, mode, mtime, content } of fromTar(stream)) {
    files.push({ path: name, mode, mtimeNs: mtime, content: await collectBytes(content) });
  }
  return files;
}

test("any tree is the same after toTar and fromTar, however the bytes arrive", async () => {
  await fc.assert(
    fc.asyncProperty(
      tree,
      fc.integer({ min: 1, max: 3000 }),
      fc.boolean(),
      async (files, size, directories) => {
        const { archive } = archiveOfFiles(files);
        const bytes = await collectBytes(toTar(archive, { directories }));
        const back = await filesOf(inPieces(bytes, size));
        const order = Array.from(archive.entries(), (entry) => entry.path);
        expect(back.map((one) => one.path)).toEqual(order);
        const expected = order.map((name) => files.find((one) => one.path === name));
        expect(back).toEqual(expected);
      },
    ),
    { numRuns: 120 },
  );
});

test("a library that is not ours reads the same, strictly", async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (files) => {
      const { archive } = archiveOfFiles(files);
      const bytes = await collectBytes(toTar(archive));
      const found = new Map<string, Uint8Array>();
      const read = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(createTarDecoder({ strict: true }));
      for await (const { header, body } of read) {
        expect([header.uid, header.gid, header.uname, header.gname]).toEqual([0, 0, "", ""]);
        const content = await collectBytes(body);
        if (header.type === "file") found.set(header.name, content);
        else expect([header.type, header.name.at(-1)]).toEqual(["directory", "/"]);
      }
      expect(found).toEqual(new Map(files.map((one) => [one.path, one.content])));
    }),
    { numRuns: 40 },
  );
});
