import { rm } from "node:fs/promises";
import { cpus } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { ChangeCost } from "./chunk-changes.js";
import { archiveSizes, measureChanges } from "./chunk-changes.js";
import { chunkCorpora } from "./chunk-corpora.js";
import type { Growth } from "./chunk-growth.js";
import { measureCutter, measureGrowth } from "./chunk-growth.js";
import { writeLargeCorpus } from "./corpus.js";
import type { Measured } from "./measured-process.js";
import { runMeasured } from "./measured-process.js";
import { median } from "./median.js";

/** Medians of processes of their own. */
export interface Timed {
  readonly name: string;
  readonly seconds: number;
  readonly peakBytes: number;
}

export interface IndexGrowth {
  readonly corpus: string;
  readonly chunking: string;
  readonly chunks: number;
  /** Bytes that the index has more than without chunks. */
  readonly indexBytes: number;
  /** What the archive, data and index, has more than without chunks: a ratio. */
  readonly growth: number;
}

export interface ChunkFigures {
  readonly corpusBytes: number;
  readonly fileBytes: number;
  readonly cores: number;
  readonly growth: readonly Growth[];
  readonly archives: readonly IndexGrowth[];
  readonly changes: readonly ChangeCost[];
  /** MB/s on one thread. */
  readonly cutter: { readonly cut: number; readonly hash: number };
  readonly create: readonly Timed[];
  readonly extract: readonly Timed[];
}

export interface ChunkOptions {
  readonly directory: string;
  readonly runs: number;
  readonly corpusBytes: number;
  /** The size of the file that is extracted. */
  readonly fileBytes: number;
}

/** What chunks of large files cost and save. */
export async function measureChunks(options: ChunkOptions): Promise<ChunkFigures> {
  const { corpusBytes, fileBytes } = options;
  const growth: Growth[] = [];
  const archives: IndexGrowth[] = [];
  let changes: readonly ChangeCost[] = [];
  let cutter = { cut: Number.NaN, hash: Number.NaN };
  for (const corpus of chunkCorpora(corpusBytes)) {
    growth.push(...(await measureGrowth(corpus)));
    const without = await archiveSizes(corpus.content, { chunking: "none" });
    for (const chunking of ["fixed", "content"] as const) {
      const made = await archiveSizes(corpus.content, { chunking });
      archives.push({
        corpus: corpus.name,
        chunking,
        chunks: made.chunks,
        indexBytes: made.index - without.index,
        growth: (made.index + made.data) / (without.index + without.data) - 1,
      });
    }
    if (corpus.name === "binaries") cutter = await measureCutter(corpus.content);
    if (corpus.name === "logs") changes = await measureChanges(corpus.content);
  }
  const create = await measureCreate(options);
  const extract = await measureExtract(options);
  return { corpusBytes, fileBytes, cores: cpus().length, growth, archives, changes, cutter, create, extract };
}

/** Alternating, so that what else the machine does meanwhile is everybody's. */
async function measureCreate({ directory, runs }: ChunkOptions): Promise<readonly Timed[]> {
  const source = path.join(directory, "chunks-large");
  const target = path.join(directory, "chunks-archive");
  await writeLargeCorpus(source);
  try {
    const cases = ["zstd", "none"].flatMap((compression) =>
      ["none", "fixed", "content"].map((chunking) => ({
        name: `${compression}, chunking ${chunking}`,
        args: [source, target, compression, chunking],
      })),
    );
    return await alternating("create-once.js", cases, runs, () => undefined);
  } finally {
    await rm(source, { recursive: true, force: true });
    await rm(target, { recursive: true, force: true });
  }
}

/** One file, half text and half noise, on one thread against as many as there are cores. */
async function measureExtract({ directory, runs, fileBytes }: ChunkOptions): Promise<readonly Timed[]> {
  const [source, target] = [path.join(directory, "chunks-one"), path.join(directory, "chunks-out")];
  const figures: Timed[] = [];
  try {
    for (const compression of ["zstd", "none"]) {
      const archive = path.join(directory, `chunks-${compression}`);
      await writeLargeCorpus(source, 1, fileBytes);
      await runMeasured(scriptOf("create-once.js"), [source, archive, compression, "fixed"]);
      // Its memory is needed for what is extracted.
      await rm(source, { recursive: true });
      const cases = ["0", "default"].map((workers) => ({
        name: `${compression}, ${workers === "0" ? "one thread" : "all cores"}`,
        args: [archive, target, workers],
      }));
      figures.push(
        ...(await alternating("extract-once.js", cases, runs, () =>
          rm(target, { recursive: true, force: true }),
        )),
      );
      await rm(archive, { recursive: true });
    }
  } finally {
    await rm(source, { recursive: true, force: true });
    await rm(target, { recursive: true, force: true });
  }
  return figures;
}

async function alternating(
  script: string,
  cases: readonly { readonly name: string; readonly args: readonly string[] }[],
  runs: number,
  afterEach: () => Promise<void> | undefined,
): Promise<readonly Timed[]> {
  const measured = new Map<string, Measured[]>(cases.map(({ name }) => [name, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const { name, args } of cases) {
      measured.get(name)?.push(await runMeasured(scriptOf(script), args));
      await afterEach();
    }
  }
  return [...measured].map(([name, all]) => ({
    name,
    seconds: median(all.map(({ seconds }) => seconds)),
    peakBytes: median(all.map(({ peakBytes }) => peakBytes)),
  }));
}

function scriptOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
