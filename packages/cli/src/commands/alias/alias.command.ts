import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";

const declareAlias: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob alias set site ghcr.io/acme/site:v1",
    "blob ls site        # or site:v2, site@sha256:…",
    "blob alias remove site",
  );
  command
    .command("list")
    .description("show every alias and what it stands for")
    .action(() => run(async (session) => (await import("./alias.js")).listAliases(session)));
  command
    .command("set")
    .alias("add")
    .description("give a reference a short name")
    .argument("<name>")
    .argument("<reference>")
    .action((name: string, reference: string) =>
      run(async (session) => (await import("./alias.js")).setAlias(session, name, reference)),
    );
  command
    .command("remove")
    .alias("rm")
    .description("forget an alias")
    .argument("<name>")
    .action((name: string) =>
      run(async (session) => (await import("./alias.js")).removeAlias(session, name)),
    );
};

export const declarations: Declarations = { alias: declareAlias };
