import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import type { PolicyFlags, Session } from "../../session/session.js";
import { isTag, withTag } from "../../config/aliases.js";
import { resolvedReference } from "../../session/session.js";

const declareTag: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob tag ghcr.io/acme/site:v1 ghcr.io/acme/site:latest",
    "blob tag ghcr.io/acme/site:v1 latest",
  );
  command
    .argument("<source>")
    .argument("<destination>")
    .option("--no-default-policy", "leave the configured policies out")
    .action((source: string, destination: string, flags: { readonly defaultPolicy: boolean }) =>
      run((session) => tag(session, source, destination, flags)),
    );
};

export const declarations: Declarations = { tag: declareTag };

export async function tag(
  session: Session,
  source: string,
  wanted: string,
  flags: Pick<PolicyFlags, "defaultPolicy">,
): Promise<void> {
  const from = session.expand(source);
  const aliases = session.config.config.aliases ?? {};
  // A word is an alias if there is one, else a tag beside the source.
  const destination = isTag(wanted) && !Object.hasOwn(aliases, wanted) ? withTag(from, wanted) : wanted;
  const to = session.expand(destination);
  const options = await session.readOptions(source, { ...flags, written: [destination] });
  const { digest } = await (await session.client()).tag(from, to, options);
  await session.output.result(
    {
      src_ref: source,
      resolved_src_ref: resolvedReference(from, digest),
      dst_ref: destination,
      resolved_dst_ref: resolvedReference(to, digest),
      digest,
      status: "success",
    },
    () => [`Tagged ${destination}`, `Digest: ${digest}`],
  );
}
