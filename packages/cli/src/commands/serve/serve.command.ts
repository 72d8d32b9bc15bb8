import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import { collect, portNumber } from "../../command-line/flag-parsers.js";
import { listenFlag, listenHelp } from "../../command-line/listen-address.js";
import type { ServeFlags } from "./serve.js";

const declareServe: DeclareCommand = (command, run) => {
  withExamples(command, "blob serve ghcr.io/acme/site:v1", "blob serve oci:./layout:v1 --port 0 --index");
  command
    .argument("<reference>")
    .option("--port <number>", "0 for any free one (default: 8080)", portNumber)
    .option("--listen <address>", listenHelp, listenFlag)
    .option("--allowed-host <name>", "answer to this name of the machine, too; may be repeated", collect)
    .option("--index", "show a directory's index.html, without its scripts, instead of a list")
    .action((reference: string, flags: ServeFlags) =>
      run(async (session) => (await import("./serve.js")).serve(session, reference, flags)),
    );
};

export const declarations: Declarations = { serve: declareServe };
