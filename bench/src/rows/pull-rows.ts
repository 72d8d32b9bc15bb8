import path from "node:path";
import type { Run } from "../harness/alternate.js";
import { dataUrl } from "../harness/data-url.js";
import { bothCommands } from "../harness/bench.js";
import type { CorpusName } from "../harness/corpora.js";
import { hasProgram } from "../harness/server-process.js";
import type { Goal } from "../page/result.js";
import { ours } from "../page/result.js";
import type { Row } from "./row.js";
import { memory, ofGo } from "./row.js";

const findName = "find -printf";

/** Whole archives out of a registry into an empty directory. */
export const pullRows: readonly Row[] = [
  pullRow("large", "pull and extract, large", [ofGo(0.7), memory(200)]),
  pullRow("small", "pull and extract, small", [ofGo(0.6)]),
  pullRow("many", "pull and extract, many", [ofGo(0.6), memory(250)]),
  {
    name: "sync-quick",
    title: "`pull --sync --quick`, many, nothing changed",
    unit: "s",
    goals: [{ kind: "ratio", to: findName, atMost: 3 }],
    async cases(bench) {
      const reference = await bench.archive("many", () => bench.corpus("many"));
      const target = await bench.workspace.makeDirectory("synced");
      const setup: Run = { directory: await bench.workspace.makeDirectory("setup"), id: "setup" };
      await bench.run(bench.blob(["pull", "--plain-http", reference, target], setup));
      const args = ["pull", "--sync", "--quick", "--plain-http", reference, target];
      return [
        bench.command(ours, (run) => bench.blob(args, run)),
        bench.command(findName, () => ({ file: "find", args: [target, "-printf", "%s %T@\\n"] })),
      ];
    },
  },
];

function pullRow(corpus: CorpusName, title: string, goals: readonly Goal[]): Row {
  return {
    name: `pull-${corpus}`,
    title,
    unit: "s",
    goals,
    async cases(bench) {
      const reference = await bench.archive(corpus, () => bench.corpus(corpus));
      const source = await bench.corpus(corpus);
      const data = await dataUrl(reference);
      return [
        ...bothCommands(bench, (run) => ["pull", "--plain-http", reference, outOf(run)]),
        ...(hasProgram("curl")
          ? [
              bench.command("curl of the data", (run) => ({
                file: "curl",
                args: ["-sSf", "-o", outOf(run), data],
              })),
            ]
          : []),
        bench.command("cp -r", (run) => ({ file: "cp", args: ["-r", source, outOf(run)] })),
      ];
    },
  };
}

function outOf(run: Run): string {
  return path.join(run.directory, "out");
}
