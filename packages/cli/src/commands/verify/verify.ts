import type { PolicyVerdict } from "@blob/client";
import { ClientError, signedPredicateType } from "@blob/client";
import type { Evidence } from "@blob/registry";
import { ruleLines } from "../../signing/applied-rule.js";
import { filePolicies } from "../../signing/policies.js";
import { resolvedReference } from "../../session/session.js";
import { signerText } from "../../output/signer-text.js";
import type { Session } from "../../session/session.js";
import type { RequiredSignerFlags } from "../../signing/required-signers.js";
import { requiredSigners } from "../../signing/required-signers.js";
import { UsageError } from "../../errors/usage-error.js";

export interface VerifyFlags extends RequiredSignerFlags {
  readonly policy?: readonly string[];
  readonly defaultPolicy: boolean;
}

/** Says what each policy found; a refusal is shown with its reasons, and ends with 5. */
export async function verify(session: Session, reference: string, flags: VerifyFlags): Promise<void> {
  const { output, signal } = session;
  const target = session.expand(reference);
  const {
    policies: configured = [],
    rules,
    onLeftOut,
  } = await session.readOptions(reference, {
    defaultPolicy: flags.defaultPolicy,
  });
  const policies = [
    ...configured,
    ...(await filePolicies(flags.policy ?? [], session, flags)),
    ...(await requiredSigners(session, flags)),
  ];
  if (policies.length === 0) {
    throw new UsageError(
      "there is nothing to verify by: give --policy, --key, --issuer with --identity, or --repo, or configure policies",
    );
  }
  const client = await session.client();
  const { descriptor, ok, verdicts } = await client.verify(target, { policies, signal, onLeftOut });
  const { digest } = descriptor;
  const evidence = verdicts.flatMap(({ verdict }) => (verdict.ok ? (verdict.evidence ?? []) : []));
  const unique = [...new Map(evidence.map((one) => [one.digest, one])).values()];
  const signatures = unique.filter(({ predicateType }) => predicateType === signedPredicateType);
  const attestations = unique.filter(({ predicateType }) => predicateType !== signedPredicateType);
  await output.result(
    {
      ref: reference,
      resolved_ref: resolvedReference(target, digest),
      digest,
      verified: ok,
      status: ok ? "verified" : "failed",
      policies_applied: verdicts.length,
      rules,
      policies: verdicts.map(({ policy, notRestricted, verdict }) => ({
        name: policy,
        ok: verdict.ok,
        not_restricted: notRestricted,
        reasons: verdict.ok ? [] : verdict.reasons.map(({ message }) => message),
      })),
      signatures: signatures.map(evidenceJson),
      attestations: attestations.map(evidenceJson),
    },
    function* () {
      yield `${ok ? "Verified" : "Not verified"} ${reference}`;
      yield `Digest:      ${digest}`;
      yield* ruleLines(rules);
      for (const verdict of verdicts) yield* verdictLines(verdict);
    },
  );
  if (ok) return;
  const reasons = verdicts.flatMap(({ verdict }) => (verdict.ok ? [] : verdict.reasons));
  if (evidence.length === 0) await noteOldSignature(session, target, digest);
  const why = reasons.map(({ policy, message }) => `${policy}: ${message}`).join("; ");
  throw new ClientError("PolicyViolation", `${reference} is refused by policy: ${why}`, {
    reference,
    digest,
    reasons,
  });
}

/** cosign before version 3 kept signatures under a tag of their own: nothing here reads them, and nobody should look in vain. */
async function noteOldSignature(
  { output, signal, ...session }: Session,
  target: string,
  digest: string,
): Promise<void> {
  const tag = `${digest.replace(":", "-")}.sig`;
  const base = resolvedReference(target, digest).replace(/(?::[\w.-]+)?@[^@]*$/u, "");
  try {
    const client = await session.client();
    const { digest: found } = await client.resolve(`${base}:${tag}`, { signal });
    output.note(
      `${base}:${tag} (${found}) is there: a signature as cosign kept them before version 3, which is not read. Sign again, with \`blob sign\` or \`cosign sign --new-bundle-format\``,
    );
  } catch {
    signal.throwIfAborted();
  }
}

function* verdictLines({ policy, notRestricted, verdict }: PolicyVerdict): Generator<string> {
  yield `${verdict.ok ? "ok    " : "FAILED"} ${policy}`;
  for (const what of notRestricted) yield `       does not restrict ${what}`;
  if (!verdict.ok) for (const { message } of verdict.reasons) yield `       ${message}`;
  else
    for (const one of verdict.evidence ?? [])
      yield `       ${signerText(one)}, ${one.predicateType}, in ${one.digest}`;
}

/** What carries evidence: policies look at nothing else. */
const bundleArtifactType = "application/vnd.dev.sigstore.bundle.v0.3+json";

function evidenceJson({ digest, predicateType, signer }: Evidence): Readonly<Record<string, unknown>> {
  const { kind, ...details } = signer;
  return {
    digest,
    artifact_type: bundleArtifactType,
    predicate_type: predicateType,
    signed_with: kind,
    ...details,
  };
}
