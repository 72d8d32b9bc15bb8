import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import type { DiffFlags } from "./diff.js";

const declareDiff: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob diff ghcr.io/acme/site:v1 ghcr.io/acme/site:v2",
    "blob diff --name-only ghcr.io/acme/site:v1 ./public",
    "blob diff --stat ghcr.io/acme/models:v1 ghcr.io/acme/models:v2",
  );
  command
    .argument("<before>", "a reference")
    .argument("<after>", "a reference, or a directory on disk")
    .option("--name-only", "only the paths that differ")
    .option("--stat", "also say how many bytes a sync would fetch")
    .action((before: string, after: string, flags: DiffFlags) =>
      run(async (session) => (await import("./diff.js")).diff(session, before, after, flags)),
    );
};

const declareStatus: DeclareCommand = (command, run) => {
  withExamples(command, "blob status ghcr.io/acme/site:v1 ./site");
  command
    .argument("<reference>")
    .argument("[directory]", "what to compare", ".")
    .action((reference: string, directory: string) =>
      run(async (session) => (await import("./diff.js")).status(session, reference, directory)),
    );
};

export const declarations: Declarations = { diff: declareDiff, status: declareStatus };
