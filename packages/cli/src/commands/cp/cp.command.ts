import { Option } from "commander";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import type { CpFlags } from "./cp.js";

const declareCp: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob cp ghcr.io/acme/site:v1:/config.json ./config.json",
    "blob cp ghcr.io/acme/site:v1:/css ghcr.io/acme/site:v1:/js ./out",
  );
  command
    .argument("<paths...>")
    .usage("[options] <reference:/path...> <destination>")
    .option("-r, --recursive", "copy directories with all that is below them", true)
    .option("--no-recursive", "copy files only")
    .addOption(new Option("--preserve").hideHelp())
    .option(
      "--no-preserve",
      "leave the archive's permissions and modification times out, which files get otherwise",
    )
    .option("-f, --overwrite", "replace files that exist")
    .addOption(new Option("--force", "the same as --overwrite").implies({ overwrite: true }))
    .option("--strict", "exit with 6 when files were left alone")
    .option("--flat", "keep only the files' own names, not their directories")
    .action((paths: readonly string[], flags: CpFlags) =>
      run(async (session) => (await import("./cp.js")).cp(session, paths, flags)),
    );
};

export const declarations: Declarations = { cp: declareCp };
