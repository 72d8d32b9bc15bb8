import type { DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";

export const declareTags: DeclareCommand = (command, run) => {
  withExamples(command, "blob tags ghcr.io/acme/site");
  command
    .argument("<repository>", "a repository, or any reference into it")
    .action((repository: string) =>
      run(async (session) => (await import("./tags.js")).tags(session, repository)),
    );
};
