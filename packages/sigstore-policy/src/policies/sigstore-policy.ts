import type { Policy } from "@blob/registry";
import { attestationPolicy } from "./attestation-policy.js";
import type { KeylessRequirement, KeyRequirement } from "../verify/requirements.js";
import { resolveRequirement } from "../verify/resolve-requirement.js";
import { signedPredicateType, type VerifiedAttestation } from "./verified-attestation.js";

/** What may be stated. */
export interface PredicateOptions {
  /**
   * The predicate types that count. Default: only the claim that the manifest is signed, which a signature over the
   * manifest's bytes makes too.
   */
  readonly predicateTypes?: readonly string[] | undefined;
}

/** Who has to have signed, with which witnesses, and what may be stated. */
export interface SigstorePolicyOptions extends KeylessRequirement, PredicateOptions {}

/** Which key has to have signed, with which witnesses, and what may be stated. */
export interface PublicKeyPolicyOptions extends KeyRequirement, PredicateOptions {}

/**
 * A policy that accepts what the holder of an identity has signed: a Sigstore certificate, its log entry and a time.
 *
 * It is made without loading anything. Each evaluation asks the source for the trusted root, and takes three requests for
 * a subject with one signature; policies over one subject share them.
 *
 * @example
 * ```ts
 * const signed = sigstorePolicy({
 *   identity: { issuer: "https://accounts.google.com", subject: "release@acme.example" },
 *   trustedRoot: trustedRootTuf({ cacheDirectory }),
 * });
 * ```
 *
 * @throws PolicyError `InvalidPolicy`; `InvalidTrustedRoot` and errors of registry and source from `evaluate`.
 */
export function sigstorePolicy(options: SigstorePolicyOptions): Policy {
  const { identity, predicateTypes = [signedPredicateType] } = options;
  const name = `signed by ${identity.subject}`;
  return attestationPolicy({
    name,
    requirement: resolveRequirement(name, options),
    predicateTypes,
    refuse: () => undefined,
  });
}

/**
 * A policy that accepts what somebody has signed with a private key. The same requests as {@link sigstorePolicy}.
 *
 * @example
 * ```ts
 * const approved = publicKeyPolicy({ key: await readFile("release.pub", "utf8") });
 * ```
 *
 * @throws PolicyError `InvalidPolicy`, `InvalidKey`, `UnsupportedKey`; from `evaluate` as {@link sigstorePolicy}.
 */
export function publicKeyPolicy(options: PublicKeyPolicyOptions): Policy {
  const { predicateTypes = [signedPredicateType] } = options;
  const requirement = resolveRequirement("signed with a key", options);
  const fingerprint = requirement.kind === "key" ? requirement.key.fingerprint : "";
  return attestationPolicy({
    name: `signed with the key ${fingerprint}`,
    requirement,
    predicateTypes,
    refuse: () => undefined,
  });
}

/** Who has to have signed: somebody with an identity, or with a key. */
export type PolicyRequirement = KeylessRequirement | KeyRequirement;

/**
 * A policy that asks a function about each attestation whose signature and signer have been verified, of any predicate
 * type, until it accepts one.
 *
 * @example
 * ```ts
 * const tested = policy("tested", { key }, ({ predicateType, predicate }) =>
 *   predicateType === "https://acme.example/tests/v1" && hasPassed(predicate) ? true : "no test has passed",
 * );
 * ```
 *
 * @param name For messages: what is required, in a few words.
 * @param accept `true` accepts, and nothing else does; a string says why not. Whatever it throws ends the evaluation as
 * an error, unless another attestation is accepted.
 * @throws PolicyError `InvalidPolicy`, `InvalidKey`, `UnsupportedKey`; from `evaluate` as {@link sigstorePolicy}.
 */
export function policy(
  name: string,
  requirement: PolicyRequirement,
  accept: (attestation: VerifiedAttestation) => boolean | string | Promise<boolean | string>,
): Policy {
  return attestationPolicy({
    name,
    requirement: resolveRequirement(name, requirement),
    predicateTypes: undefined,
    refuse: async (attestation) => {
      const answer = await accept(attestation);
      if (answer === true) return undefined;
      return typeof answer === "string" ? answer : `its ${attestation.predicateType} was not accepted`;
    },
  });
}
