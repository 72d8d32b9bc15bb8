import type { DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";

export const declareLogin: DeclareCommand = (command, run) => {
  withExamples(command, "blob login ghcr.io", "blob login ghcr.io -u me --password-stdin < token.txt");
  command
    .argument("<host>", "as in ghcr.io or localhost:5000")
    .action((host: string) => run(async (session) => (await import("./login.js")).login(session, host)));
};

export const declareLogout: DeclareCommand = (command, run) => {
  withExamples(command, "blob logout ghcr.io");
  command
    .argument("<host>")
    .action((host: string) => run(async (session) => (await import("./login.js")).logout(session, host)));
};

export const declareAuth: DeclareCommand = (command, run) => {
  withExamples(command, "blob auth status ghcr.io");
  command
    .command("status")
    .description("show which credentials a registry would get, without the secret")
    .argument("<host>")
    .action((host: string) =>
      run(async (session) => (await import("./auth-status.js")).authStatus(session, host)),
    );
};
