import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import { collect } from "../../command-line/flag-parsers.js";
import type { CopyFlags } from "./copy.js";

const declareCopy: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob copy ghcr.io/acme/site:v1 registry.example.com/mirror/site:v1",
    "blob copy ghcr.io/acme/site:v1 oci:./layout:v1",
  );
  command
    .argument("<source>")
    .argument("<destination>")
    .option("--with-referrers", "also signatures, attestations, and what refers to these", true)
    .option("--no-with-referrers", "only the archive")
    .option("-t, --tag <tag>", "another tag for the copy; may be repeated", collect)
    .option("--no-default-policy", "leave the configured policies out")
    .action((source: string, destination: string, flags: CopyFlags) =>
      run(async (session) => (await import("./copy.js")).copy(session, source, destination, flags)),
    );
};

export const declarations: Declarations = { copy: declareCopy };
