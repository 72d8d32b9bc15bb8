import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import type { CreateFlags } from "./create-flags.js";
import { addCreateOptions } from "./create-options.js";

const declareCreate: DeclareCommand = (command, run) => {
  withExamples(command, "blob create ./public ./archive", "blob ls file:./archive");
  addCreateOptions(command.argument("<directory>").argument("<destination>")).action(
    (directory: string, destination: string, flags: CreateFlags) =>
      run(async (session) => (await import("./create.js")).create(session, directory, destination, flags)),
  );
};

export const declarations: Declarations = { create: declareCreate };
