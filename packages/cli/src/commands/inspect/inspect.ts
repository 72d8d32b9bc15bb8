import { Option } from "commander";
import type { AttachedStatement, Attachments, Inspection } from "@blob/client";
import type { LeftOut } from "@blob/registry";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { artifactType } from "../../command-line/flag-parsers.js";
import { withExamples } from "../../command-line/help.js";
import { ruleLines } from "../../signing/applied-rule.js";
import { errorCodeOf } from "../../errors/exit-code.js";
import { collectLeftOut } from "../../output/left-out.js";
import type { Session } from "../../session/session.js";
import { resolvedReference } from "../../session/session.js";
import { humanSize } from "../../output/sizes.js";

interface InspectFlags {
  readonly artifactType?: string;
}

const declareInspect: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob inspect ghcr.io/acme/site:v1",
    "blob inspect --output json ghcr.io/acme/site:v1",
    "blob inspect --artifact-type application/vnd.in-toto+json ghcr.io/acme/site:v1",
  );
  command
    .argument("<reference>")
    // They are always listed.
    .addOption(new Option("--referrers").hideHelp())
    .option("--artifact-type <type>", "of what refers to the archive, list only this type", artifactType)
    .action((reference: string, flags: InspectFlags) =>
      run((session) => inspect(session, reference, flags.artifactType)),
    );
};

export const declarations: Declarations = { inspect: declareInspect };

export async function inspect(session: Session, reference: string, type?: string): Promise<void> {
  const { target, rules, options } = await session.reading(reference);
  const client = await session.client();
  const inspection = await client.inspect(target, options);
  const { digest, created, fileCount, compressionRatio: ratio, compression } = inspection;
  const { totalCompressedSize: compressed, totalUncompressedSize: uncompressed } = inspection;
  const { indexBlobSize, dataBlobSize, manifest } = inspection;
  const annotations = { ...manifest?.annotations };
  const { signatures, attestations, error, leftOut } = await listAttachments(session, inspection, type);
  await session.output.result(
    {
      ref: reference,
      resolved_ref: resolvedReference(target, digest),
      digest,
      created,
      files: fileCount,
      size: { compressed, uncompressed, ratio },
      compression,
      // All entries are looked at for this, and text does not show it.
      ...(session.output.format === "json" ? chunksJson(inspection) : {}),
      signatures: signatures.map(attachedJson),
      attestations: attestations.map(attachedJson),
      referrers_error: error,
      left_out: leftOut.length === 0 ? undefined : leftOut,
      annotations,
      rules,
    },
    function* () {
      yield `Reference:   ${reference}`;
      if (digest !== undefined) yield `Digest:      ${digest}`;
      if (created !== undefined) yield `Created:     ${created}`;
      yield `Files:       ${String(fileCount)}`;
      yield `Size:        ${humanSize(uncompressed)}, stored in ${humanSize(dataBlobSize)} and an index of ${humanSize(indexBlobSize)}`;
      yield `Compression: ${compression}, to ${(ratio * 100).toFixed(1)} %`;
      yield* ruleLines(rules);
      for (const one of signatures) yield `Signature:   ${one.digest} (not verified)`;
      for (const one of attestations)
        yield `Attestation: ${one.digest}, ${one.predicateType ?? one.artifactType ?? "of no type"} (${one.signed === false ? "unsigned" : "not verified"})`;
      if (error !== undefined) yield `Referrers:   could not be listed (${error.code}): ${error.message}`;
      for (const [key, value] of Object.entries(annotations)) yield `Annotation:  ${key}=${value}`;
    },
  );
}

function chunksJson({ chunkedFileCount, chunkCount }: Inspection): object {
  return { chunked_files: chunkedFileCount, chunks: chunkCount };
}

interface Listed extends Attachments {
  /** Why there is no list. What is known about the archive itself is not less true. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly leftOut: readonly LeftOut[];
}

/** What refers to the archive: listed only. `blob verify` says what it is worth. */
async function listAttachments(
  session: Session,
  inspection: Inspection,
  type: string | undefined,
): Promise<Listed> {
  const { output, signal } = session;
  const { leftOut, onLeftOut } = collectLeftOut(output);
  try {
    return {
      ...(await inspection.attachments({ artifactType: type, signal, onLeftOut })),
      error: undefined,
      leftOut,
    };
  } catch (cause) {
    signal.throwIfAborted();
    const error = {
      code: errorCodeOf(cause),
      message: cause instanceof Error ? cause.message : String(cause),
    };
    return { signatures: [], attestations: [], error, leftOut };
  }
}

function attachedJson({
  digest,
  artifactType: type,
  predicateType,
  signed,
  created,
  annotations,
}: AttachedStatement): object {
  return { digest, artifact_type: type, predicate_type: predicateType, signed, created, annotations };
}
