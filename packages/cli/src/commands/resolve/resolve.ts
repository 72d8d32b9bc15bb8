import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import type { Session } from "../../session/session.js";
import { resolvedReference } from "../../session/session.js";

const declareResolve: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob resolve ghcr.io/acme/site:v1",
    'blob pull "ghcr.io/acme/site@$(blob resolve ghcr.io/acme/site:v1)"',
  );
  command
    .argument("<reference>")
    .action((reference: string) => run((session) => resolve(session, reference)));
};

export const declarations: Declarations = { resolve: declareResolve };

/** Nothing is read of what it points to, so no policy is asked. */
async function resolve(session: Session, reference: string): Promise<void> {
  const target = session.expand(reference);
  const client = await session.client();
  const { digest, mediaType, size } = await client.resolve(target, { signal: session.signal });
  await session.output.result(
    { ref: reference, resolved_ref: resolvedReference(target, digest), digest, media_type: mediaType, size },
    () => [digest],
  );
}
