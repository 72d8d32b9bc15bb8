import type { CallOptions, Evidence, Policy, PolicySubject, Verdict } from "@blob/registry";
import { bundleCandidates, maxReferrers, type BundleCandidate } from "../bundle/bundle-candidates.js";
import { Refusal, shown } from "../verify/refusal.js";
import type { Trust } from "../verify/trust-material.js";
import { invalid, type ResolvedRequirement } from "./resolve-requirement.js";
import { signedPredicateType, type VerifiedAttestation } from "./verified-attestation.js";

/** More reasons than anybody reads. */
const maxReasons = 10;

export interface AttestationRule {
  readonly name: string;
  readonly requirement: ResolvedRequirement;
  /** What may be stated. Undefined for anything. */
  readonly predicateTypes: readonly string[] | undefined;
  /** Why an attestation does not do; undefined for one that does. */
  readonly refuse: (attestation: VerifiedAttestation) => string | undefined | Promise<string | undefined>;
}

/**
 * A policy that accepts a subject with at least one attestation that satisfies a rule. It stops at the first, and looks
 * first at those that the registry says are of the wanted type.
 */
export function attestationPolicy(rule: AttestationRule): Policy {
  const { name, predicateTypes } = rule;
  if (predicateTypes?.length === 0) throw invalid(name, "no predicate type would be accepted");
  return {
    name,
    evaluate: (subject, options = {}) => evaluate(rule, subject, options),
  };
}

async function evaluate(
  rule: AttestationRule,
  subject: PolicySubject,
  options: CallOptions,
): Promise<Verdict> {
  const [trust, { candidates, isTruncated }] = await Promise.all([
    trustOf(rule.requirement, options),
    bundleCandidates(subject, options),
  ]);
  const reasons: string[] = [];
  const troubles: unknown[] = [];
  for (const candidate of inOrder(candidates, rule.predicateTypes)) {
    try {
      const evidence = await verifyCandidate(rule, candidate, trust, subject, options);
      return { ok: true, evidence: [evidence] };
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof Refusal) reasons.push(`${candidate.digest}: ${error.message}`);
      else troubles.push(error);
    }
  }
  // What could not be looked at might have been accepted.
  for (const trouble of troubles) throw trouble;
  return { ok: false, reasons: told(rule.name, subject, reasons, isTruncated) };
}

async function trustOf(
  { trustedRoot }: ResolvedRequirement,
  options: CallOptions,
): Promise<Trust | undefined> {
  if (trustedRoot === undefined) return undefined;
  const { loadTrust } = await import("../verify/trust-cache.js");
  return loadTrust(trustedRoot, options);
}

function inOrder(
  candidates: readonly BundleCandidate[],
  predicateTypes: readonly string[] | undefined,
): readonly BundleCandidate[] {
  const isLikely = ({ predicateType }: BundleCandidate): boolean =>
    predicateTypes === undefined || (predicateType !== undefined && predicateTypes.includes(predicateType));
  return [...candidates.filter(isLikely), ...candidates.filter((candidate) => !isLikely(candidate))];
}

async function verifyCandidate(
  { name, requirement, predicateTypes, refuse }: AttestationRule,
  candidate: BundleCandidate,
  trust: Trust | undefined,
  subject: PolicySubject,
  options: CallOptions,
): Promise<Evidence> {
  const [{ checkBundle }, bundle] = await Promise.all([
    import("../verify/check-bundle.js"),
    candidate.bundle(options),
  ]);
  const { signer, statement, signedTimes } = checkBundle({
    bundle,
    artifact: { bytes: subject.manifest.bytes },
    key: requirement.kind === "key" ? requirement.key : undefined,
    trust,
    thresholds: requirement.thresholds,
  });
  if (requirement.kind === "certificate") {
    if (signer.kind !== "certificate") throw new Refusal("the bundle has no certificate");
    const reason = requirement.rule(signer.claims);
    if (reason !== undefined) throw new Refusal(reason);
  }
  const predicateType = statement?.predicateType ?? signedPredicateType;
  if (predicateTypes !== undefined && !predicateTypes.includes(predicateType)) {
    throw new Refusal(`states ${shown(predicateType)}, not ${predicateTypes.join(" or ")}`);
  }
  const attestation: VerifiedAttestation = {
    digest: candidate.digest,
    signer,
    predicateType,
    predicate: statement?.predicate,
    signedTimes,
  };
  const reason = await refuse(attestation);
  if (reason !== undefined) throw new Refusal(reason);
  return evidenceOf(name, attestation);
}

function evidenceOf(policy: string, { digest, predicateType, signer }: VerifiedAttestation): Evidence {
  if (signer.kind === "key") return { policy, digest, predicateType, signer };
  const { issuer, subject } = signer.claims;
  return { policy, digest, predicateType, signer: { kind: "certificate", issuer, subject } };
}

function told(
  policy: string,
  { manifest, repository }: PolicySubject,
  reasons: readonly string[],
  isTruncated: boolean,
): readonly { readonly policy: string; readonly message: string }[] {
  const messages = reasons.slice(0, maxReasons);
  if (reasons.length === 0)
    messages.push(`${repository}@${manifest.descriptor.digest} has no Sigstore bundle`);
  if (reasons.length > maxReasons) {
    messages.push(`and ${String(reasons.length - maxReasons)} more bundles, refused likewise`);
  }
  if (isTruncated) messages.push(`only the first ${String(maxReferrers)} bundles were looked at`);
  return messages.map((message) => ({ policy, message }));
}
