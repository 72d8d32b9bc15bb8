import { Option } from "commander";
import type { DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";
import { collect, positiveNumber } from "../../command-line/flag-parsers.js";
import type { PullFlags } from "./pull.js";

export const declarePull: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob pull ghcr.io/acme/site:v1 ./site",
    "blob pull --prefix css --overwrite ghcr.io/acme/site:v1 ./site",
  );
  command
    .argument("<reference>")
    .argument("[directory]", "where to", ".")
    .option("-p, --prefix <path>", "only what is below this directory of the archive")
    .option("-f, --overwrite", "replace files that exist")
    .addOption(new Option("--force", "the same as --overwrite").implies({ overwrite: true }))
    .option("--preserve", "restore permissions and modification times")
    .option("--sync", "make the directory as the archive is, fetching only what differs")
    .option("--delete", "with --sync: remove what the archive does not have")
    .option("--quick", "with --sync: take files of the same size and time for the same")
    .option("--dry-run", "with --sync: say what would be done")
    .option("--strict", "exit with 6 when files were left alone")
    .option("--policy <file>", "a policy file that has to accept it; may be repeated", collect)
    .option("--no-default-policy", "leave the configured policies out")
    .addOption(
      new Option(
        "--contents <how>",
        "take files that are cached from the cache, and keep there what is fetched",
      ).choices(["copy", "clone", "link"]),
    )
    .option("--workers <count>", "threads that decompress and write", positiveNumber)
    .action((reference: string, directory: string, flags: PullFlags) =>
      run(async (session) => (await import("./pull.js")).pull(session, reference, directory, flags)),
    );
};
