import type { DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";
import { byteRange } from "../../command-line/flag-parsers.js";
import type { CatFlags } from "./cat.js";

export const declareCat: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob cat ghcr.io/acme/site:v1 config.json",
    "blob cat ghcr.io/acme/site:v1 css/a.css css/b.css > all.css",
  );
  command
    .argument("<reference>")
    .argument("<file...>", "nothing is written when one of them is not there")
    .option(
      "--range <first-last>",
      "only these bytes, as in 0-99 or 100-: a part cannot be checked against the file's hash",
      byteRange,
    )
    .option(
      "--force",
      "write to a terminal as to a file: binary files too, and control characters as they are",
    )
    .action((reference: string, files: string[], flags: CatFlags) =>
      run(async (session) => (await import("./cat.js")).cat(session, reference, files, flags)),
    );
};
