import type { Policy } from "@blob/registry";
import { shown } from "../verify/refusal.js";
import { attestationPolicy } from "./attestation-policy.js";
import { githubActionsRule, openForJobs, type GitHubActionsRequirement } from "./github-actions-policy.js";
import { readProvenance, slsaV02, slsaV1, type Provenance } from "./provenance.js";
import { openRefs, refRule, type RefOptions } from "./refs.js";
import type { KeylessRequirement } from "../verify/requirements.js";
import { certificateRequirement, invalid, resolveRequirement } from "../verify/resolve-requirement.js";
import type { VerifiedAttestation } from "./verified-attestation.js";

const provenanceTypes = [slsaV1, slsaV02] as const;

/** What the provenance has to say, and who has to have signed it. */
export interface SlsaPolicyOptions extends KeylessRequirement, RefOptions {
  /** The builder's whole identifier. */
  readonly builder: string;
  /** The whole URL of the repository that was built: `https://github.com/acme/site`. */
  readonly repository: string;
  /** The workflow that built, a path in the repository. Default: any. */
  readonly workflow?: string | undefined;
}

/**
 * A policy that accepts what has SLSA provenance, of version 1 or 0.2, signed by an identity: made by this builder, from
 * this repository. Where the signer's certificate names repository or ref too, both have to agree.
 *
 * @example
 * ```ts
 * const built = slsaPolicy({
 *   identity: { issuer: "https://token.actions.githubusercontent.com", subject: builder },
 *   trustedRoot,
 *   builder,
 *   repository: "https://github.com/acme/site",
 *   tags: ["v*"],
 * });
 * ```
 *
 * @throws PolicyError `InvalidPolicy`; from `evaluate` as `sigstorePolicy`.
 */
export function slsaPolicy(options: SlsaPolicyOptions): Policy {
  const { builder, repository, workflow } = options;
  const name = `built from ${repository}`;
  if (builder === "" || repository === "") throw invalid(name, "a builder and a repository are needed");
  const refuseRef = refRule(name, options);
  return attestationPolicy({
    name,
    requirement: resolveRequirement(name, options),
    notRestricted: openRefs(options),
    predicateTypes: provenanceTypes,
    refuse: (attestation) => {
      const stated = readProvenance(attestation.predicateType, attestation.predicate);
      if (stated.builder !== builder) return differs("built by", stated.builder, builder);
      if (stated.repository !== repository) return differs("built from", stated.repository, repository);
      if (workflow !== undefined && stated.workflow !== workflow) {
        return differs("built with", stated.workflow, workflow);
      }
      return refuseRef(stated.ref) ?? contradiction(stated, attestation);
    },
  });
}

/** Which jobs do, and which builder. */
export interface GitHubActionsProvenanceOptions extends GitHubActionsRequirement {
  /** The builder's whole identifier. Default: the workflow that signed, as its certificate says it. */
  readonly builder?: string | undefined;
}

/**
 * A policy that accepts what has SLSA provenance, signed by a GitHub Actions job of a repository. What the provenance says
 * about builder, repository, ref and workflow has to be what the job's certificate says.
 *
 * @example
 * ```ts
 * const built = githubActionsProvenance("acme/site", { trustedRoot, branches: ["main"] });
 * ```
 *
 * @param repository `owner/name`.
 * @throws PolicyError `InvalidPolicy`; from `evaluate` as `sigstorePolicy`.
 */
export function githubActionsProvenance(repository: string, options: GitHubActionsProvenanceOptions): Policy {
  const { builder, workflow, server = "https://github.com" } = options;
  const name = `built by a job of ${repository}`;
  const source = `${server}/${repository}`;
  const rule = githubActionsRule(name, repository, options);
  const refuseRef = refRule(name, options);
  return attestationPolicy({
    name,
    requirement: certificateRequirement(name, rule, options.trustedRoot, options.thresholds),
    notRestricted: openForJobs(options),
    predicateTypes: provenanceTypes,
    refuse: (attestation) => {
      const stated = readProvenance(attestation.predicateType, attestation.predicate);
      const signed = attestation.signer.kind === "certificate" ? attestation.signer.claims.subject : "";
      if (stated.builder !== (builder ?? signed))
        return differs("built by", stated.builder, builder ?? signed);
      if (stated.repository?.toLowerCase() !== source.toLowerCase()) {
        return differs("built from", stated.repository, source);
      }
      if (workflow !== undefined && stated.workflow !== workflow) {
        return differs("built with", stated.workflow, workflow);
      }
      return refuseRef(stated.ref) ?? contradiction(stated, attestation);
    },
  });
}

/** The builder fills the predicate in, and the issuer the certificate: one of them would be wrong. */
function contradiction(stated: Provenance, { signer }: VerifiedAttestation): string | undefined {
  if (signer.kind !== "certificate") return "signed with a key, and provenance needs a certificate";
  const { sourceRepositoryUri, sourceRepositoryRef } = signer.claims;
  if (
    sourceRepositoryUri !== undefined &&
    stated.repository?.toLowerCase() !== sourceRepositoryUri.toLowerCase()
  ) {
    return differs("built from", stated.repository, `${shown(sourceRepositoryUri)}, as its certificate says`);
  }
  if (sourceRepositoryRef !== undefined && stated.ref !== sourceRepositoryRef) {
    return differs("built from", stated.ref, `${shown(sourceRepositoryRef)}, as its certificate says`);
  }
  return undefined;
}

function differs(how: string, found: string | undefined, required: string): string {
  return `${how} ${found === undefined ? "what the provenance does not say" : shown(found)}, not ${required}`;
}
