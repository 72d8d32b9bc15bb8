import { createHash, randomBytes } from "node:crypto";
import path from "node:path";
import { createCaches } from "@blob/cache";
import { median } from "./median.js";

/** Milliseconds to read a file of 64 KiB again through a warm cache on disk: medians. */
export async function measureCache(
  directory: string,
): Promise<{ readonly blocks: number; readonly content: number }> {
  const data = randomBytes(8 * 1024 * 1024);
  const fileBytes = 64 * 1024;
  const caches = createCaches({ directory: path.join(directory, "cache") });
  let requests = 0;
  const source = caches.blocks.wrap({
    id: "data",
    size: data.length,
    async *read({ offset, length }) {
      requests += 1;
      yield Buffer.from(data.subarray(offset, offset + length));
    },
  });
  const file = data.subarray(0, fileBytes);
  const hash = createHash("sha256").update(file).digest();
  await caches.content.put(hash, [file]);

  const offsets = Array.from({ length: 100 }, (_, i) => i * 70_001);
  const readBlocks = async (offset: number): Promise<void> => {
    let length = 0;
    for await (const chunk of source.read({ offset, length: fileBytes })) length += chunk.length;
    if (length !== fileBytes) throw new Error("a read was short");
  };
  for (const offset of offsets) await readBlocks(offset);
  await caches.flush();
  requests = 0;
  const blocks: number[] = [];
  const content: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    for (const offset of offsets) {
      blocks.push(await timed(() => readBlocks(offset)));
      content.push(
        await timed(async () => {
          if ((await caches.content.get(hash)) === undefined) throw new Error("the content was not cached");
        }),
      );
    }
  }
  if (requests > 0) throw new Error("a block was not cached");
  return { blocks: median(blocks), content: median(content) };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
