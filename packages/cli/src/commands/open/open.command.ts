import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";

const declareOpen: DeclareCommand = (command, run) => {
  withExamples(command, "blob open ghcr.io/acme/site:v1");
  command
    .argument("<reference>")
    .action((reference: string) =>
      run(async (session) => (await import("../../open/browser.js")).browse(session, reference)),
    );
};

export const declarations: Declarations = { open: declareOpen };
