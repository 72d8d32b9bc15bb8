import { writeFile } from "node:fs/promises";
import type { SignResult } from "@blob/client";
import type { Signer, StatementClaim } from "@blob/registry";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import { addSignerOptions } from "./signer-options.js";
import type { Session } from "../../session/session.js";
import { resolvedReference } from "../../session/session.js";
import type { SignerFlags } from "../../signing/signer.js";
import { readText, signerOf, withAttachment } from "../../signing/signer.js";
import { UsageError } from "../../errors/usage-error.js";

const declareSign: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob sign ghcr.io/acme/site@sha256:…",
    "blob sign --key release.key --no-log ghcr.io/acme/site:v1",
  );
  addSignerOptions(
    command.argument("<reference>", "best with a digest: a tag may have moved since you looked"),
  )
    .option("--output-signature", "write the bundle to standard output, and attach nothing")
    .option("--signature-file <file>", "also write the bundle to this file")
    .action((reference: string, flags: SignFlags) => run((session) => sign(session, reference, flags)));
};

const declareAttest: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob attest --type https://slsa.dev/provenance/v1 --predicate provenance.json ghcr.io/acme/site:v1",
    "blob attest --type spdxjson --predicate sbom.json --key release.key ghcr.io/acme/site:v1",
  );
  addSignerOptions(command.argument("<reference>"))
    .requiredOption(
      "--type <type>",
      "what the predicate is: a URI, or slsaprovenance, spdxjson, cyclonedx, vuln",
    )
    .requiredOption("--predicate <file>", "JSON: what is claimed")
    .option("--output-signature", "write the bundle to standard output, and attach nothing")
    .option("--signature-file <file>", "also write the bundle to this file")
    .action((reference: string, flags: AttestFlags) => run((session) => attest(session, reference, flags)));
};

export const declarations: Declarations = { sign: declareSign, attest: declareAttest };

export interface SignFlags extends SignerFlags {
  readonly outputSignature?: boolean;
  readonly signatureFile?: string;
}

export interface AttestFlags extends SignFlags {
  readonly type: string;
  readonly predicate: string;
}

/** Signs what a reference names now, and attaches the signature. */
export async function sign(session: Session, reference: string, flags: SignFlags): Promise<void> {
  await signAndReport(session, reference, flags, undefined);
}

/** Attaches a signed statement. */
export async function attest(session: Session, reference: string, flags: AttestFlags): Promise<void> {
  await signAndReport(session, reference, flags, await claimOf(flags));
}

async function signAndReport(
  session: Session,
  reference: string,
  flags: SignFlags,
  claim: StatementClaim | undefined,
): Promise<void> {
  const { output, signal } = session;
  const target = session.expand(reference);
  let bundle: Uint8Array | undefined;
  const signer = withAttachment(await signerOf(session, flags), ({ bytes }) => (bundle = bytes));
  const client = await session.client();
  const attach = async (by: Signer): Promise<SignResult> =>
    claim === undefined ? client.sign(target, by, { signal }) : client.attest(target, by, claim, { signal });
  const keep = async (): Promise<void> => {
    if (flags.signatureFile !== undefined && bundle !== undefined)
      await writeFile(flags.signatureFile, bundle);
  };
  if (flags.outputSignature === true) {
    await attach(withAttachment(signer, stopBeforeAttaching)).catch((error: unknown) => {
      if (!(error instanceof OnlySigned)) throw error;
    });
    await keep();
    if (bundle !== undefined) await output.bytes(bundle);
    return;
  }
  const { subject, descriptor } = await attach(signer);
  await keep();
  await output.result(
    {
      ref: reference,
      resolved_ref: resolvedReference(target, subject.digest),
      signature_digest: descriptor.digest,
      ...(claim !== undefined && { predicate_type: claim.predicateType }),
      status: "success",
    },
    () => [
      `${claim === undefined ? "Signed" : "Attested"} ${reference} with ${signer.name}`,
      `Digest:    ${subject.digest}`,
      `Signature: ${descriptor.digest}`,
    ],
  );
}

/** Ends a signing after the signature is made, and before it is uploaded. */
class OnlySigned extends Error {}

function stopBeforeAttaching(): never {
  throw new OnlySigned();
}

/** Short names that people know from other tools. */
const predicateTypes: ReadonlyMap<string, string> = new Map([
  ["slsaprovenance", "https://slsa.dev/provenance/v1"],
  ["spdxjson", "https://spdx.dev/Document"],
  ["cyclonedx", "https://cyclonedx.org/bom"],
  ["vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"],
]);

async function claimOf({ type, predicate }: AttestFlags): Promise<StatementClaim> {
  const predicateType = predicateTypes.get(type) ?? type;
  if (!URL.canParse(predicateType)) {
    throw new UsageError(`--type ${type}: it is a URI, or one of ${[...predicateTypes.keys()].join(", ")}`);
  }
  const text = await readText("--predicate", predicate);
  try {
    return { predicateType, predicate: JSON.parse(text) as unknown };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--predicate ${predicate} is not JSON: ${why}`, { cause: error });
  }
}
