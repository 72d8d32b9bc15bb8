import type { ArchiveInput } from "@blob/format/node";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import { collect } from "../../command-line/flag-parsers.js";
import { addCreateOptions } from "../create/create-options.js";
import { addSignerOptions } from "../sign/signer-options.js";
import type { Session } from "../../session/session.js";
import type { SignerFlags } from "../../signing/signer.js";
import { humanSize } from "../../output/sizes.js";
import { UsageError } from "../../errors/usage-error.js";
import type { CreateFlags } from "../create/create-flags.js";
import { createOptionsOf } from "../create/create-flags.js";
import type { LeftOutFile } from "../skipped.js";
import { skippedLines } from "../skipped.js";

const declarePush: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob push ghcr.io/acme/site:v1 ./public",
    "blob push -t latest --annotation team=web ghcr.io/acme/site:v1 ./public",
    "blob push oci:./layout:v1 ./public",
  );
  addSignerOptions(addCreateOptions(command.argument("<reference>").argument("<directory>")))
    .option("-a, --annotation <key=value>", "annotation of the manifest; may be repeated", collect)
    .option("-t, --tag <tag>", "another tag for the same archive; may be repeated", collect)
    .option("--sign", "sign what was pushed, with the flags of blob sign")
    .option("--dry-run", "archive, say what would be pushed, and push nothing")
    .action((reference: string, directory: string, flags: PushFlags) =>
      run((session) => push(session, reference, directory, flags)),
    );
};

export const declarations: Declarations = { push: declarePush };

export interface PushFlags extends CreateFlags, SignerFlags {
  readonly annotation?: readonly string[];
  readonly tag?: readonly string[];
  readonly sign?: boolean;
  readonly dryRun?: boolean;
}

/** @param leftOut What the input does not have, as far as its files were asked for by then. */
export async function push(
  session: Session,
  reference: string,
  input: ArchiveInput,
  flags: PushFlags,
  leftOut: readonly LeftOutFile[] = [],
): Promise<void> {
  const annotations = parseAnnotations(flags.annotation ?? []);
  if (flags.dryRun === true) return dryRun(session, reference, input, flags, leftOut);
  // Before anything is pushed: a key that cannot be read is found at once.
  const signer =
    flags.sign === true
      ? await (await import("../../signing/signer.js")).signerOf(session, flags)
      : undefined;
  const client = await session.client();
  const { signal, output } = session;
  const tags = flags.tag ?? [];
  const pushed = await client.push(session.expand(reference), input, {
    ...createOptionsOf(flags, session),
    annotations,
    tags,
    signal,
    onProgress: await session.progress(),
  });
  const { index, data, descriptor, files, size, modeBitsDropped } = pushed;
  const skipped = [...leftOut, ...pushed.skipped];
  for (const line of skippedLines({ skipped, modeBitsDropped })) output.note(line);
  if (files === 0) output.note("the directory has no files: the archive is empty");
  const signature = signer === undefined ? undefined : await client.sign(pushed, signer, { signal });
  await output.result(
    {
      ref: reference,
      status: "success",
      digest: descriptor.digest,
      size: { index: index.size, data: data.size, uncompressed: size },
      files,
      skipped,
      mode_bits_dropped: modeBitsDropped,
      signed: signature !== undefined,
      signature_digest: signature?.descriptor.digest,
    },
    () => [
      `Pushed ${reference}`,
      `Digest: ${descriptor.digest}`,
      `Files:  ${String(files)}, ${humanSize(size)}`,
      `Index:  ${humanSize(index.size)}, ${index.pushed}`,
      `Data:   ${humanSize(data.size)}, ${data.pushed}`,
      ...(signature === undefined ? [] : [`Signed: ${signature.descriptor.digest}`]),
    ],
  );
}

/** Archives into nothing: what would be pushed, as exactly as can be told without a registry. */
async function dryRun(
  session: Session,
  reference: string,
  input: ArchiveInput,
  flags: PushFlags,
  leftOut: readonly LeftOutFile[],
): Promise<void> {
  const [{ createArchive }, { parseLocation }] = await Promise.all([
    import("@blob/format/node"),
    import("@blob/client"),
  ]);
  parseLocation(session.expand(reference));
  const { signal, output } = session;
  const onProgress = await session.progress();
  const sink = { write: () => undefined };
  const created = await createArchive(input, sink, {
    ...createOptionsOf(flags, session),
    signal,
    onProgress,
  });
  const { index, data, files, size, modeBitsDropped } = created;
  const skipped = [...leftOut, ...created.skipped];
  for (const line of skippedLines({ skipped, modeBitsDropped })) output.note(line);
  await output.result(
    {
      ref: reference,
      status: "dry-run",
      size: { index: index.size, data: data.size, uncompressed: size },
      files,
      skipped,
      mode_bits_dropped: modeBitsDropped,
      signed: false,
    },
    () => [
      `Would push ${reference}`,
      `Files:  ${String(files)}, ${humanSize(size)}`,
      `Index:  ${humanSize(index.size)}`,
      `Data:   ${humanSize(data.size)}`,
    ],
  );
}

function parseAnnotations(texts: readonly string[]): Record<string, string> {
  const pairs = texts.map((text): [string, string] => {
    const at = text.indexOf("=");
    if (at <= 0) throw new UsageError(`--annotation ${text}: it reads KEY=VALUE`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}
