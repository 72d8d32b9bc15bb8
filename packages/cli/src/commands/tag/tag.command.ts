import type { DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";

export const declareTag: DeclareCommand = (command, run) => {
  withExamples(command, "blob tag ghcr.io/acme/site:v1 ghcr.io/acme/site:latest");
  command
    .argument("<source>")
    .argument("<destination>")
    .option("--no-default-policy", "leave the configured policies out")
    .action((source: string, destination: string, flags: { readonly defaultPolicy: boolean }) =>
      run(async (session) => (await import("./tag.js")).tag(session, source, destination, flags)),
    );
};
