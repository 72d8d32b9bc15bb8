import type { DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";

export const declareVersion: DeclareCommand = (command, run) => {
  withExamples(command, "blob version", "blob version --short");
  command.option("--short", "only the number").action((flags: { readonly short?: boolean }) =>
    run(async (session) => (await import("./version.js")).showVersion(session, flags), {
      withoutConfig: true,
    }),
  );
};
