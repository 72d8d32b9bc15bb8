import type { CallOptions, Evidence, Policy, PolicySubject, Verdict } from "@blob/registry";
import {
  bundleCandidates,
  furtherCandidates,
  NoBundle,
  type BundleCandidate,
  type BundleCandidates,
} from "../referrers/bundle-candidates.js";
import { Refusal, shown } from "../verify/refusal.js";
import type { Trust } from "../verify/trust-material.js";
import { invalid, type ResolvedRequirement } from "../verify/resolve-requirement.js";
import { signedPredicateType, type VerifiedAttestation } from "./verified-attestation.js";

/** More reasons than anybody reads. */
const maxReasons = 10;

/** So many bundles are looked at: whoever can push can add any number. */
const maxBundles = 100;

/** And so many referrers that say they are bundles and are not, which cost less. */
const maxNoBundles = 2000;

export interface AttestationRule {
  readonly name: string;
  readonly requirement: ResolvedRequirement;
  /** What is not required, for messages. */
  readonly notRestricted?: readonly string[] | undefined;
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
  const { name, notRestricted, predicateTypes } = rule;
  if (predicateTypes?.length === 0) throw invalid(name, "no predicate type would be accepted");
  return {
    name,
    notRestricted,
    evaluate: (subject, options = {}) => evaluate(rule, subject, options),
  };
}

async function evaluate(
  rule: AttestationRule,
  subject: PolicySubject,
  options: CallOptions,
): Promise<Verdict> {
  const [trust, first] = await Promise.all([
    trustOf(rule.requirement, options),
    bundleCandidates(subject, options),
  ]);
  const search = createSearch();
  let accepted = await searchIn(first, rule, trust, subject, search, options);
  if (accepted === undefined && !isSpent(search)) {
    const further = await furtherCandidates(subject, options);
    accepted = await searchIn(further, rule, trust, subject, search, options);
  }
  if (accepted !== undefined) return { ok: true, evidence: [accepted] };
  // What could not be looked at might have been accepted.
  for (const trouble of search.troubles) throw trouble;
  return { ok: false, reasons: told(rule.name, subject, search) };
}

/** How far the search for a bundle that does has come. */
interface Search {
  readonly reasons: string[];
  /** Why referrers are no bundles. They do not count as such: anybody who may push makes thousands of them. */
  readonly noBundles: string[];
  readonly troubles: unknown[];
  /** Of those that were listed and not looked at. */
  skipped: number;
  isTruncated: boolean;
}

function createSearch(): Search {
  return { reasons: [], noBundles: [], troubles: [], skipped: 0, isTruncated: false };
}

function isSpent({ reasons, noBundles, troubles }: Search): boolean {
  return reasons.length + troubles.length >= maxBundles || noBundles.length >= maxNoBundles;
}

async function searchIn(
  { candidates, isTruncated }: BundleCandidates,
  rule: AttestationRule,
  trust: Trust | undefined,
  subject: PolicySubject,
  search: Search,
  options: CallOptions,
): Promise<Evidence | undefined> {
  search.isTruncated ||= isTruncated;
  for (const candidate of inOrder(candidates, rule.predicateTypes)) {
    if (isSpent(search)) {
      search.skipped += 1;
      continue;
    }
    try {
      return await verifyCandidate(rule, candidate, trust, subject, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof Refusal)) search.troubles.push(error);
      else
        (error instanceof NoBundle ? search.noBundles : search.reasons).push(
          `${candidate.digest}: ${error.message}`,
        );
    }
  }
  return undefined;
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
  { reasons, noBundles, skipped, isTruncated }: Search,
): readonly { readonly policy: string; readonly message: string }[] {
  const name = `${repository}@${manifest.descriptor.digest}`;
  const all = [...reasons, ...noBundles];
  const messages = all.slice(0, maxReasons);
  if (all.length === 0) messages.push(`${name} has no Sigstore bundle`);
  if (all.length > maxReasons) {
    messages.push(`and ${String(all.length - maxReasons)} more bundles, refused likewise`);
  }
  // First, because it may be the only thing that is wrong.
  if (skipped > 0 || isTruncated) messages.unshift(tooMany(name, all.length, skipped, isTruncated));
  return messages.map((message) => ({ policy, message }));
}

function tooMany(name: string, looked: number, skipped: number, isTruncated: boolean): string {
  const more = `${isTruncated ? "more than " : ""}${String(skipped)} more`;
  return `too many bundles refer to ${name}: none of the first ${String(looked)} does, and ${more} were not looked at; delete those that do not belong there`;
}
