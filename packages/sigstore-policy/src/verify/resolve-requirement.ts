import { PolicyError } from "../errors.js";
import { parsePublicKey, type PublicKey } from "../keys/public-key.js";
import type { CertificateClaims } from "./certificate-claims.js";
import { matchesGlob } from "./glob.js";
import { shown } from "./refusal.js";
import type { TrustedRootSource } from "./trusted-root-source.js";
import type {
  KeylessRequirement,
  KeylessThresholds,
  KeyRequirement,
  SignerIdentity,
} from "./requirements.js";

/** Why somebody is not who has to have signed; undefined for who is. */
export type CertificateRule = (claims: CertificateClaims) => string | undefined;

/** A requirement that makes sense, with its defaults filled in. */
export type ResolvedRequirement =
  | {
      readonly kind: "certificate";
      readonly rule: CertificateRule;
      readonly trustedRoot: TrustedRootSource;
      readonly thresholds: Thresholds;
    }
  | {
      readonly kind: "key";
      readonly key: PublicKey;
      readonly trustedRoot: TrustedRootSource | undefined;
      readonly thresholds: Thresholds;
    };

interface Thresholds {
  readonly logEntries: number;
  readonly certificateTimestamps: number;
  readonly signedTimes: number;
}

/** @throws PolicyError `InvalidPolicy`, `InvalidKey`, `UnsupportedKey` */
export function resolveRequirement(
  name: string,
  requirement: KeylessRequirement | KeyRequirement,
): ResolvedRequirement {
  if ("key" in requirement) return resolveKey(name, requirement);
  const { identity, trustedRoot, thresholds } = requirement;
  return certificateRequirement(name, identityRule(name, identity), trustedRoot, thresholds);
}

export function certificateRequirement(
  name: string,
  rule: CertificateRule,
  trustedRoot: TrustedRootSource,
  thresholds: KeylessThresholds = {},
): ResolvedRequirement {
  const { logEntries = 1, certificateTimestamps = 1, signedTimes = 1 } = thresholds;
  const resolved = checked(name, { logEntries, certificateTimestamps, signedTimes });
  if (signedTimes < 1) {
    throw invalid(name, "a certificate needs at least one signed time: it is valid for minutes only");
  }
  return { kind: "certificate", rule, trustedRoot, thresholds: resolved };
}

function resolveKey(
  name: string,
  { key, trustedRoot, thresholds = {} }: KeyRequirement,
): ResolvedRequirement {
  const { logEntries = trustedRoot === undefined ? 0 : 1, signedTimes = 0 } = thresholds;
  const resolved = checked(name, { logEntries, certificateTimestamps: 0, signedTimes });
  if (trustedRoot === undefined && logEntries + signedTimes > 0) {
    throw invalid(name, "log entries and signed times can only be required with a trusted root");
  }
  return { kind: "key", key: parsePublicKey(key), trustedRoot, thresholds: resolved };
}

function identityRule(name: string, { issuer, subject }: SignerIdentity): CertificateRule {
  // Types do not hold for JavaScript, and an empty identity must not be one that everybody has.
  if (typeof issuer !== "string" || typeof subject !== "string" || issuer === "" || subject === "") {
    throw invalid(name, "an identity needs an issuer and a subject");
  }
  if (isAnyone(issuer) && isAnyone(subject)) {
    const problem = `an identity that is ${subject} of ${issuer} is one that anybody has: name the issuer, or who signs`;
    throw invalid(name, problem);
  }
  return (claims) => {
    if (matchesGlob(issuer, claims.issuer) && matchesGlob(subject, claims.subject)) return undefined;
    return `signed by ${shown(claims.subject)} (${shown(claims.issuer)}), not by ${subject} (${issuer})`;
  };
}

/** Whether a pattern says nothing that somebody has to be given by somebody else: only wildcards, schemes and signs. */
function isAnyone(pattern: string): boolean {
  return /^(?:[a-z]+:\/\/)?[*/.@:]*$/u.test(pattern);
}

function checked(name: string, thresholds: Thresholds): Thresholds {
  for (const [field, value] of Object.entries(thresholds)) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw invalid(name, `${field} is not a number of witnesses`);
  }
  return thresholds;
}

export function invalid(name: string, problem: string): PolicyError {
  return new PolicyError("InvalidPolicy", `${name}: ${problem}`, { policy: name });
}
