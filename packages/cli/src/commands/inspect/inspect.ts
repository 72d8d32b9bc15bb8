import type { Archive } from "@blob/format";
import type { Descriptor, LeftOut } from "@blob/registry";
import { ruleLines } from "../../config/applied-rule.js";
import { errorCodeOf } from "../../exit-code.js";
import { collectLeftOut } from "../../left-out.js";
import type { Session } from "../../session.js";
import { signedPredicateType } from "../../signing/signed-predicate-type.js";
import { humanSize } from "../../sizes.js";

export async function inspect(session: Session, reference: string): Promise<void> {
  const { archive, resolved, manifest, rules } = await session.open(reference);
  const { files, size, storedSize } = archive.directoryStats();
  const ratio = size === 0 ? 1 : storedSize / size;
  const compression = compressionOf(archive);
  const annotations = { ...manifest?.annotations };
  const referrers = await listReferrers(session, resolved, manifest !== undefined);
  const { signatures, attestations, error, leftOut } = referrers;
  await session.output.result(
    {
      ref: reference,
      resolved_ref: resolved,
      digest: manifest?.descriptor.digest,
      created: manifest?.created,
      files,
      size: { compressed: storedSize, uncompressed: size, ratio },
      compression,
      signatures,
      attestations,
      referrers_error: error,
      left_out: leftOut.length === 0 ? undefined : leftOut,
      annotations,
      rules,
    },
    function* () {
      yield `Reference:   ${reference}`;
      if (manifest !== undefined) yield `Digest:      ${manifest.descriptor.digest}`;
      if (manifest?.created !== undefined) yield `Created:     ${manifest.created}`;
      yield `Files:       ${String(files)}`;
      yield `Size:        ${humanSize(size)}, stored in ${humanSize(archive.dataSize)} and an index of ${humanSize(archive.index.length)}`;
      yield `Compression: ${compression}, to ${(ratio * 100).toFixed(1)} %`;
      yield* ruleLines(rules);
      for (const one of signatures) yield `Signature:   ${one.digest} (not verified)`;
      for (const one of attestations)
        yield `Attestation: ${one.digest}, ${one.predicate_type ?? one.artifact_type ?? "of no type"} (not verified)`;
      if (error !== undefined) yield `Referrers:   could not be listed (${error.code}): ${error.message}`;
      for (const [key, value] of Object.entries(annotations)) yield `Annotation:  ${key}=${value}`;
    },
  );
}

function compressionOf(archive: Archive): string {
  for (const entry of archive.entries()) if (entry.compression !== "none") return entry.compression;
  return "none";
}

/** Something that refers to the archive, as it describes itself. */
interface Attached {
  readonly digest: string;
  readonly artifact_type: string | undefined;
  readonly predicate_type: string | undefined;
  readonly created: string | undefined;
}

const bundleType = /^application\/vnd\.dev\.sigstore\.bundle/u;

interface Referrers {
  readonly signatures: readonly Attached[];
  readonly attestations: readonly Attached[];
  /** Why there is no list. What is known about the archive itself is not less true. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
  readonly leftOut: readonly LeftOut[];
}

/** What refers to the archive: listed only. `blob verify` says what it is worth. */
async function listReferrers(session: Session, resolved: string, isPushed: boolean): Promise<Referrers> {
  const { output, signal } = session;
  const { leftOut, onLeftOut } = collectLeftOut(output);
  let found: readonly Descriptor[] = [];
  let error: Referrers["error"];
  try {
    if (isPushed) found = await (await session.client()).referrers(resolved, { signal, onLeftOut });
  } catch (cause) {
    signal.throwIfAborted();
    error = { code: errorCodeOf(cause), message: cause instanceof Error ? cause.message : String(cause) };
  }
  const all = found.map(({ digest, artifactType, annotations = {} }): Attached => ({
    digest,
    artifact_type: artifactType,
    predicate_type: annotations["dev.sigstore.bundle.predicateType"],
    created: annotations["org.opencontainers.image.created"],
  }));
  const isSignature = ({
    artifact_type: type = "",
    predicate_type: predicate = signedPredicateType,
  }: Attached): boolean => bundleType.test(type) && predicate === signedPredicateType;
  return {
    signatures: all.filter(isSignature),
    attestations: all.filter((one) => !isSignature(one)),
    error,
    leftOut,
  };
}
