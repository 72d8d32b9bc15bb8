import process from "node:process";
import type { Case } from "../harness/alternate.js";
import type { Bench } from "../harness/bench.js";
import { bothCommands } from "../harness/bench.js";
import { ours } from "../page/result.js";
import type { Row } from "./row.js";

const emptyName = "empty script";
const goals = [{ kind: "ratio", to: emptyName, atMost: 3.5 }] as const;

/** Small work as a process, with nothing cached of the archive: what is measured is how the command starts. */
export const startRows: readonly Row[] = [
  startRow("ls", "`blob ls` as a process, small", () => []),
  startRow("cat", "`blob cat` as a process, small", (bench) => [bench.corpora.small.file]),
  {
    name: "version",
    title: "`blob --version` as a process",
    unit: "s",
    goals: [],
    repeat: 3,
    cases: async (bench) => [
      bench.command(ours, (run) => bench.blob(["--version"], run)),
      await emptyScript(bench),
    ],
  },
];

function startRow(verb: string, title: string, more: (bench: Bench) => readonly string[]): Row {
  return {
    name: verb,
    title,
    unit: "s",
    goals,
    repeat: 3,
    async cases(bench) {
      const reference = await bench.archive("small", () => bench.corpus("small"));
      return [
        ...bothCommands(bench, () => [verb, "--plain-http", reference, ...more(bench)]),
        await emptyScript(bench),
      ];
    },
  };
}

async function emptyScript(bench: Bench): Promise<Case> {
  const file = await bench.emptyScript();
  return bench.command(emptyName, () => ({ file: process.execPath, args: [file] }));
}
