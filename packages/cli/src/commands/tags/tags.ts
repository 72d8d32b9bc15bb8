import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import { collectLeftOut } from "../../output/left-out.js";
import type { Session } from "../../session/session.js";

const declareTags: DeclareCommand = (command, run) => {
  withExamples(command, "blob tags ghcr.io/acme/site");
  command
    .argument("<repository>", "a repository, or any reference into it")
    .action((repository: string) => run((session) => tags(session, repository)));
};

export const declarations: Declarations = { tags: declareTags };

export async function tags(session: Session, repository: string): Promise<void> {
  const { output, signal } = session;
  const { leftOut, onLeftOut } = collectLeftOut(output);
  const found: string[] = [];
  const listing = (await session.client()).tags(session.expand(repository), { signal, onLeftOut });
  for await (const tag of listing) found.push(tag);
  const left_out = leftOut.length === 0 ? undefined : leftOut;
  await output.result({ repository, tags: found, left_out }, () => found);
}
