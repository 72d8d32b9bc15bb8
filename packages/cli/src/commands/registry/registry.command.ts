import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";
import { collect, portNumber } from "../../command-line/flag-parsers.js";
import type { RegistryServeFlags } from "./registry-serve.js";

const declareRegistry: DeclareCommand = (command, run) => {
  withExamples(command, "blob registry serve --dir ./registry");
  const serve = command
    .command("serve")
    .description("serve OCI layouts below a directory over HTTP, to whoever can connect");
  withExamples(
    serve,
    "blob registry serve --dir ./registry",
    "blob registry serve --dir ./registry --port 0",
  );
  serve
    .requiredOption("--dir <directory>", "where repositories are kept; made when it does not exist")
    .option("--port <number>", "0 for any free one", portNumber, 5000)
    .option("--listen <address>", "127.0.0.1 is this machine only", "127.0.0.1")
    .option("--allowed-host <name>", "answer to this name of the machine, too; may be repeated", collect)
    .action((flags: RegistryServeFlags) =>
      run(async (session) => (await import("./registry-serve.js")).serveRegistry(session, flags)),
    );
};

export const declarations: Declarations = { registry: declareRegistry };
