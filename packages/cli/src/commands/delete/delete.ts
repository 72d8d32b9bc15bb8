import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import { confirm } from "../../confirm.js";
import type { Session } from "../../session/session.js";

export interface DeleteFlags {
  readonly force?: boolean;
}

const declareDelete: DeclareCommand = (command, run) => {
  withExamples(command, "blob delete ghcr.io/acme/site:v1", "blob delete --force ghcr.io/acme/site@sha256:…");
  command
    .argument("<reference>", "with a tag: that tag only; with a digest: the archive with all its tags")
    .option("-f, --force", "do not ask: needed with JSON or without a terminal")
    .action((reference: string, flags: DeleteFlags) =>
      run((session) => deleteReference(session, reference, flags)),
    );
};

export const declarations: Declarations = { delete: declareDelete };

async function deleteReference(session: Session, reference: string, { force }: DeleteFlags): Promise<void> {
  const target = session.expand(reference);
  const client = await session.client();
  const what = /@[a-z0-9]+:[0-9a-f]{32,}$/u.test(target) ? "archive" : "tag";
  if (force !== true) {
    const question = what === "tag" ? `Delete the tag ${target}?` : `Delete ${target} with all its tags?`;
    await confirm(session, "delete", question);
  }
  await client.delete(target, { signal: session.signal });
  await session.output.result({ ref: reference, deleted: what, status: "success" }, () => [
    what === "tag"
      ? `Deleted the tag ${target}: what it pointed to is still there under its digest`
      : `Deleted ${target} with all its tags`,
  ]);
}
