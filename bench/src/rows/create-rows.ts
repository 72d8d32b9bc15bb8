import path from "node:path";
import type { Case, Run } from "../harness/alternate.js";
import type { Bench } from "../harness/bench.js";
import { bothCommands } from "../harness/bench.js";
import { hasProgram } from "../harness/server-process.js";
import type { Goal } from "../page/result.js";
import type { Row } from "./row.js";
import { memory, ofGo } from "./row.js";

type Source = "small" | "large";
type Compression = "zstd" | "none";

const tarName = "tar | zstd -3 -T2";

/** Archives of a directory, on the same file system; and the same, pushed. */
export const createRows: readonly Row[] = [
  createRow("small", "zstd", [ofGo(0.45), { kind: "ratio", to: tarName, atMost: 1.4 }]),
  createRow("small", "none", [ofGo(0.7)]),
  createRow("large", "zstd", [ofGo(0.4), memory(250)]),
  createRow("large", "none", [ofGo(0.6), memory(250)]),
  pushRow("small", [ofGo(0.55), memory(250)]),
  pushRow("large", [ofGo(0.4), memory(250)]),
];

function createRow(corpus: Source, compression: Compression, goals: readonly Goal[]): Row {
  return {
    name: `create-${corpus}-${compression}`,
    title: `create, ${corpus}, ${compression}`,
    unit: "s",
    goals,
    async cases(bench) {
      const source = await bench.corpus(corpus);
      return [
        ...bothCommands(bench, (run) => ["create", "--compression", compression, source, outOf(run)]),
        ...(compression === "zstd" ? tarred(bench, source) : hashedAndCopied(bench, source)),
      ];
    },
  };
}

function pushRow(corpus: Source, goals: readonly Goal[]): Row {
  return {
    name: `push-${corpus}`,
    title: `push, ${corpus}, zstd`,
    unit: "s",
    goals,
    async cases(bench) {
      const source = await bench.corpus(corpus);
      const { host } = await bench.registry();
      // Another repository each time: one that has the blobs would not be sent them again.
      return bothCommands(bench, (run) => [
        "push",
        "--plain-http",
        "--compression",
        "zstd",
        `${host}/push/${run.id}:latest`,
        source,
      ]);
    },
  };
}

function tarred(bench: Bench, source: string): readonly Case[] {
  if (!hasProgram("zstd")) return [];
  const script = 'tar -C "$1" -cf - . | zstd -q -3 -T2 -o "$2"';
  return [bench.command(tarName, (run) => ({ file: "sh", args: ["-c", script, "sh", source, outOf(run)] }))];
}

function hashedAndCopied(bench: Bench, source: string): readonly Case[] {
  const script = 'find "$1" -type f -print0 | xargs -0 sha256sum';
  return [
    bench.command("sha256sum", () => ({ file: "sh", args: ["-c", script, "sh", source] })),
    bench.command("cp -r", (run) => ({ file: "cp", args: ["-r", source, outOf(run)] })),
  ];
}

function outOf(run: Run): string {
  return path.join(run.directory, "out");
}
