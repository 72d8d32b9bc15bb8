import type { DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";
import { wholeNumber } from "../../command-line/flag-parsers.js";
import type { TreeFlags } from "./tree.js";

export const declareTree: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob tree ghcr.io/acme/site:v1",
    "blob tree -L 2 --dirsfirst ghcr.io/acme/site:v1 docs",
  );
  command
    .argument("<reference>")
    .argument("[path]", "a directory", "")
    .option("-L, --level <depth>", "go no deeper than this", wholeNumber)
    .option("--dirsfirst", "directories before files")
    .action((reference: string, path: string, flags: TreeFlags) =>
      run(async (session) => (await import("./tree.js")).tree(session, reference, path, flags)),
    );
};
