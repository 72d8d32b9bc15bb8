import type { Command } from "commander";
import { Option } from "commander";
import { progressModes } from "../settings/global-flags.js";

/** The flags that every command takes, before or after its name; `GlobalFlags` says what they mean. */
export function addGlobalOptions(program: Command): void {
  const output = new Option("--output <format>", "how results are written; BLOB_OUTPUT");
  // For completion only: what is none of these is refused with the settings, as it is when the environment has it.
  output.argChoices = ["text", "json"];
  program
    .option("--config <file>", "configuration file; BLOB_CONFIG")
    .addOption(output)
    .option(
      "-v, --verbose",
      "say more: -v where settings come from, -vv HTTP requests too; BLOB_VERBOSE",
      countOne,
    )
    .option("--debug", "show HTTP requests, without secrets: the same as -vv")
    .option("-q, --quiet", "nothing but errors, and what cat and config show write; BLOB_QUIET")
    .addOption(new Option("--no-quiet").hideHelp())
    .addOption(new Option("--color").hideHelp())
    .option("--no-color", "no colours; NO_COLOR, BLOB_NO_COLOR, FORCE_COLOR")
    .addOption(
      new Option("--progress <how>", "how far a long command is, on standard error")
        .choices(progressModes)
        .default("auto"),
    )
    .option("--plain-http", "speak HTTP to registries instead of HTTPS; BLOB_PLAIN_HTTP")
    .addOption(new Option("--no-plain-http").hideHelp())
    .option("--skip-cache", "read from the registry, not from caches")
    .option("--ca-file <file>", "trust these certificate authorities too: a PEM file")
    .option("--insecure", "believe whatever certificate the registry shows")
    .option("-u, --username <name>", "user name for the registry; needs --password-stdin")
    .option("--password-stdin", "read the password from standard input");
}

function countOne(_value: unknown, previous = 0): number {
  return previous + 1;
}
