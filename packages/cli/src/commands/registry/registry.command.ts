import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import { collect, portNumber } from "../../command-line/flag-parsers.js";
import { listenFlag, listenHelp } from "../../command-line/listen-address.js";
import type { RegistryServeFlags } from "./registry-serve.js";

const declareRegistry: DeclareCommand = (command, run) => {
  withExamples(command, "blob registry serve", "blob registry serve --dir ./registry");
  const serve = command
    .command("serve")
    .description(
      "serve a registry over HTTP, in memory or of OCI layouts in a directory, to whoever can connect",
    );
  withExamples(serve, "blob registry serve", "blob registry serve --dir ./registry --listen 127.0.0.1:5001");
  serve
    .option("--dir <directory>", "keep OCI layouts there; made when it does not exist (default: in memory)")
    .option("--port <number>", "0 for any free one (default: 5000)", portNumber)
    .option("--listen <address>", listenHelp, listenFlag)
    .option("--allowed-host <name>", "answer to this name of the machine, too; may be repeated", collect)
    .action((flags: RegistryServeFlags) =>
      run(async (session) => (await import("./registry-serve.js")).serveRegistry(session, flags)),
    );
};

export const declarations: Declarations = { registry: declareRegistry };
