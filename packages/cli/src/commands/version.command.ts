import type { DeclareCommand } from "../command-declaration.js";

export const declareVersion: DeclareCommand = (command, run) => {
  command.option("--short", "only the number").action((flags: { readonly short?: boolean }) =>
    run(async (session) => (await import("./version.js")).showVersion(session, flags), {
      withoutConfig: true,
    }),
  );
};
