import type { ChunkFigures } from "./measure-chunks.js";
import { markdownTable } from "./page/markdown-table.js";

const MiB = 2 ** 20;

/** The figures as docs/performance.md has them. */
export function chunkTables(figures: ChunkFigures): string {
  const { growth, archives, changes, create, extract, cutter } = figures;
  const corpora = [...new Set(growth.map(({ corpus }) => corpus))];
  const sizes = [...new Set(growth.map(({ chunkBytes }) => chunkBytes))].toSorted((a, b) => a - b);
  const percent = (ratio: number | undefined, digits = 2): string =>
    ratio === undefined ? "" : `${(ratio * 100).toFixed(digits)} %`;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);
  const grown = (["fixed", "content"] as const).flatMap((chunking) =>
    corpora.map((corpus) => {
      const found = growth.filter((one) => one.corpus === corpus && one.chunking === chunking);
      return [
        `${corpus}, ${chunking}`,
        ...sizes.map((size) => percent(found.find(({ chunkBytes }) => chunkBytes === size)?.growth)),
        percent(Math.max(...found.map(({ index }) => index)), 3),
      ];
    }),
  );
  return [
    `Growth by chunk size, zstd level 3, against fixed chunks of 4 MiB; ${String(figures.corpusBytes / MiB)} MiB each`,
    markdownTable(["corpus", ...sizes.map((size) => `${String(size / MiB)} MiB`), "index at most"], grown),
    "Archives as they are made, against those without chunks",
    markdownTable(
      ["corpus", "chunks", "index", "a chunk", "archive"],
      archives.map(({ corpus, chunking, chunks, indexBytes, growth: ratio }) => [
        `${corpus}, ${chunking}`,
        String(chunks),
        `${String(indexBytes)} B`,
        `${(indexBytes / chunks).toFixed(1)} B`,
        percent(ratio, 3),
      ]),
    ),
    "What a sync moves when one byte of a log is changed, appended, inserted or deleted, in MB",
    markdownTable(
      ["file", "changed", "appended", "inserted", "deleted", "whole"],
      (["zstd", "none"] as const).flatMap((compression) =>
        (["fixed", "content"] as const).map((chunking) => {
          const costs = changes.filter((one) => one.compression === compression && one.chunking === chunking);
          const moved = ["changed", "appended", "inserted", "deleted"].map((name) =>
            megabytes(costs.find(({ change }) => change === name)?.moved ?? Number.NaN),
          );
          return [`${compression}, ${chunking}`, ...moved, megabytes(costs[0]?.stored ?? Number.NaN)];
        }),
      ),
    ),
    `Cuts are found at ${cutter.cut.toFixed(0)} MB/s on one thread, which hashes ${cutter.hash.toFixed(0)} MB/s`,
    "Creating 4 files of 128 MiB",
    timings(create),
    `Extracting one file of ${String(figures.fileBytes / MiB)} MiB`,
    timings(extract),
  ].join("\n\n");
}

function timings(rows: ChunkFigures["create"]): string {
  return markdownTable(
    ["", "seconds", "memory"],
    rows.map(({ name, seconds, peakBytes }) => [
      name,
      seconds.toFixed(2),
      `${(peakBytes / 1e6).toFixed(0)} MB`,
    ]),
  );
}
