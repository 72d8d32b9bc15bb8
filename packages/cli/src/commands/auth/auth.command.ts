import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";

const declareLogin: DeclareCommand = (command, run) => {
  withExamples(command, "blob login ghcr.io", "blob login ghcr.io -u me --password-stdin < token.txt");
  command
    .argument("<host>", "as in ghcr.io or localhost:5000")
    .action((host: string) => run(async (session) => (await import("./login.js")).login(session, host)));
};

const declareLogout: DeclareCommand = (command, run) => {
  withExamples(command, "blob logout ghcr.io");
  command
    .argument("<host>")
    .action((host: string) => run(async (session) => (await import("./login.js")).logout(session, host)));
};

const declareAuth: DeclareCommand = (command, run) => {
  withExamples(command, "blob auth status ghcr.io");
  command
    .command("status")
    .description("show which credentials a registry would get, without the secret")
    .argument("<host>")
    .action((host: string) =>
      run(async (session) => (await import("./auth-status.js")).authStatus(session, host)),
    );
};

export const declarations: Declarations = { login: declareLogin, logout: declareLogout, auth: declareAuth };
