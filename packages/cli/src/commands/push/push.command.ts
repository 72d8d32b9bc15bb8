import type { DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";
import { collect } from "../../command-line/flag-parsers.js";
import { addCreateOptions } from "../create/create-options.js";
import type { PushFlags } from "./push.js";
import { addSignerOptions } from "../sign/signer-options.js";

export const declarePush: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob push ghcr.io/acme/site:v1 ./public",
    "blob push -t latest --annotation team=web ghcr.io/acme/site:v1 ./public",
    "blob push oci:./layout:v1 ./public",
  );
  addSignerOptions(addCreateOptions(command.argument("<reference>").argument("<directory>")))
    .option("--annotation <key=value>", "annotation of the manifest; may be repeated", collect)
    .option("-t, --tag <tag>", "another tag for the same archive; may be repeated", collect)
    .option("--sign", "sign what was pushed, with the flags of blob sign")
    .option("--dry-run", "archive, say what would be pushed, and push nothing")
    .action((reference: string, directory: string, flags: PushFlags) =>
      run(async (session) => (await import("./push.js")).push(session, reference, directory, flags)),
    );
};
