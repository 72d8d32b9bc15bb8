import type { Policy } from "@blob/registry";
import { shown } from "../verify/refusal.js";
import { attestationPolicy } from "./attestation-policy.js";
import {
  gitHubRepository,
  githubActionsRule,
  openForJobs,
  type GitHubActionsRequirement,
} from "./github-actions-policy.js";
import { readProvenance, slsaV02, slsaV1, type Provenance } from "./provenance.js";
import { openRefs, refRule, type RefOptions } from "./refs.js";
import type { KeylessRequirement } from "../verify/requirements.js";
import { certificateRequirement, invalid, resolveRequirement } from "../verify/resolve-requirement.js";
import type { SourceRepository } from "./source-repository.js";
import type { VerifiedAttestation } from "./verified-attestation.js";

const provenanceTypes = [slsaV1, slsaV02] as const;

/** What is left open without a rule for the repository. */
export const anyRepositoryOpen = "the repository: whatever the builder was given to build";

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
  const { builder, repository } = options;
  const name = `built from ${repository}`;
  if (builder === "" || repository === "") throw invalid(name, "a builder and a repository are needed");
  return signedProvenance(name, repository, options);
}

/** A policy that accepts SLSA provenance of a builder, signed by an identity, whatever it was built from. */
export function builderPolicy(options: Omit<SlsaPolicyOptions, "repository" | "workflow">): Policy {
  return signedProvenance(`built by ${options.builder}`, undefined, options);
}

function signedProvenance(
  name: string,
  repository: string | undefined,
  options: Omit<SlsaPolicyOptions, "repository">,
): Policy {
  const { builder, workflow } = options;
  const refuseRef = refRule(name, options);
  const open = repository === undefined ? [anyRepositoryOpen] : [];
  return attestationPolicy({
    name,
    requirement: resolveRequirement(name, options),
    notRestricted: [...open, ...openRefs(options)],
    predicateTypes: provenanceTypes,
    refuse: (attestation) => {
      const stated = readProvenance(attestation.predicateType, attestation.predicate);
      if (stated.builder !== builder) return differs("built by", stated.builder, builder);
      if (repository !== undefined && stated.repository !== repository) {
        return differs("built from", stated.repository, repository);
      }
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
  const name = `built by a job of ${repository}`;
  return gitHubProvenance(name, gitHubRepository(name, repository, options), options);
}

/**
 * As {@link githubActionsProvenance}, for the jobs of all repositories that do.
 *
 * @param open What is left open besides, for messages.
 */
export function gitHubProvenance(
  name: string,
  source: SourceRepository,
  options: GitHubActionsProvenanceOptions,
  open: readonly string[] = [],
): Policy {
  const { builder, workflow } = options;
  const rule = githubActionsRule(name, source, options);
  const refuseRef = refRule(name, options);
  return attestationPolicy({
    name,
    requirement: certificateRequirement(name, rule, options.trustedRoot, options.thresholds),
    notRestricted: [...open, ...openForJobs(options)],
    predicateTypes: provenanceTypes,
    refuse: (attestation) => {
      const stated = readProvenance(attestation.predicateType, attestation.predicate);
      const signed = attestation.signer.kind === "certificate" ? attestation.signer.claims.subject : "";
      if (stated.builder !== (builder ?? signed))
        return differs("built by", stated.builder, builder ?? signed);
      if (!source.accepts(stated.repository)) return differs("built from", stated.repository, source.name);
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
