import type { NodeZstd } from "@blob/format/node";
import { createNodeZstd } from "@blob/format/node";
// Archives are made with one size for each way to cut; others are tried here.
import { createContentCutter } from "../../packages/format/dist/node/chunks/content-cuts.js";
import type { Chunked } from "./chunk-changes.js";
import type { ChunkCorpus } from "./chunk-corpora.js";

/** What a corpus takes when it is cut in one way, compressed at the default level. */
export interface Growth {
  readonly corpus: string;
  readonly chunking: Chunked;
  /** Of content-defined chunks, what they aim at. */
  readonly chunkBytes: number;
  readonly chunks: number;
  readonly largest: number;
  readonly stored: number;
  /** Stored bytes more than in fixed chunks of 4 MiB, which are as large as frames always were. */
  readonly growth: number;
  /** Bytes in the index, to all bytes stored. */
  readonly index: number;
}

const MiB = 2 ** 20;
const sizes = { fixed: [0.5, 1, 2, 4, 8], content: [0.5, 1, 2, 4] } as const;

export async function measureGrowth({ name, content }: ChunkCorpus): Promise<readonly Growth[]> {
  const { encoder } = await createNodeZstd();
  const plain = measure(cutFixed(content, 4 * MiB), encoder).stored;
  const rows: Growth[] = [];
  for (const chunking of ["fixed", "content"] as const) {
    for (const size of sizes[chunking]) {
      const chunkBytes = size * MiB;
      const pieces = chunking === "fixed" ? cutFixed(content, chunkBytes) : cutByContent(content, chunkBytes);
      const found = measure(pieces, encoder);
      // A hash and a stored size for each; a size, too, where the content says it.
      const index = found.chunks * (chunking === "fixed" ? 36 : 40);
      rows.push({
        ...found,
        corpus: name,
        chunking,
        chunkBytes,
        growth: found.stored / plain - 1,
        index: index / found.stored,
      });
    }
  }
  return rows;
}

function measure(
  pieces: Iterable<Uint8Array>,
  encoder: NodeZstd["encoder"],
): Pick<Growth, "chunks" | "largest" | "stored"> {
  let [chunks, largest, stored] = [0, 0, 0];
  for (const piece of pieces) {
    chunks += 1;
    largest = Math.max(largest, piece.length);
    stored += encoder.compress(piece, 3).length;
  }
  return { chunks, largest, stored };
}

function* cutFixed(content: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

function* cutByContent(content: Uint8Array, average: number): Generator<Uint8Array> {
  const cutter = createContentCutter(average);
  for (let from = 0, end = 0; from < content.length; from = end) {
    end = cutter.cutIn(content, from);
    if (end < 0) end = content.length;
    yield content.subarray(from, end);
  }
}

/** MB/s at which this thread finds cuts, and at which it hashes, to compare: medians of five. */
export async function measureCutter(
  content: Uint8Array,
): Promise<{ readonly cut: number; readonly hash: number }> {
  const { hash } = await import("node:crypto");
  const rates = { cut: [] as number[], hash: [] as number[] };
  for (let run = 0; run < 5; run += 1) {
    const started = performance.now();
    for (const piece of cutByContent(content, 4 * MiB))
      if (piece.length === 0) throw new Error("an empty chunk");
    const cut = performance.now();
    for (const piece of cutFixed(content, MiB)) hash("sha256", piece);
    rates.cut.push(content.length / 1000 / (cut - started));
    rates.hash.push(content.length / 1000 / (performance.now() - cut));
  }
  return { cut: median(rates.cut), hash: median(rates.hash) };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
