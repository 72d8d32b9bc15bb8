import type { DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";

export const declareInspect: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob inspect ghcr.io/acme/site:v1",
    "blob inspect --output json ghcr.io/acme/site:v1",
  );
  command
    .argument("<reference>")
    .action((reference: string) =>
      run(async (session) => (await import("./inspect.js")).inspect(session, reference)),
    );
};
