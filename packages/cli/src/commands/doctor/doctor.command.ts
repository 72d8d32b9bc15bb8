import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";

const declareDoctor: DeclareCommand = (command, run) => {
  withExamples(command, "blob doctor ghcr.io/acme/site:v1", "blob doctor --output json oci:./layout:v1");
  command
    .argument("<reference>")
    .action((reference: string) =>
      run(async (session) => (await import("./doctor.js")).doctor(session, reference)),
    );
};

export const declarations: Declarations = { doctor: declareDoctor };
