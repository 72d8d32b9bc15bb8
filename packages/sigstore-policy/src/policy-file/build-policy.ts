import path from "node:path";
import type { Policy } from "@blob/registry";
import { all } from "../combinators.js";
import { PolicyError } from "../errors.js";
import { fetchPublicKey } from "../keys/fetch-public-key.js";
import { encodePem, maxKeyFileBytes } from "../keys/pem.js";
import { parsePublicKey, type PublicKey } from "../keys/public-key.js";
import { attestationPolicy } from "../policies/attestation-policy.js";
import { certificateRequirement } from "../verify/resolve-requirement.js";
import { publicKeyPolicy, sigstorePolicy } from "../policies/sigstore-policy.js";
import {
  anyRepositoryOpen,
  builderPolicy,
  gitHubProvenance,
  githubActionsProvenance,
  slsaPolicy,
} from "../policies/slsa-policy.js";
import { anyRepository, ownedRepository } from "../policies/source-repository.js";
import { signedPredicateType } from "../policies/verified-attestation.js";
import { readBeginning } from "../read-beginning.js";
import { shown } from "../verify/refusal.js";
import type { KeySource, Locate, PolicyDocument, ProvenanceRule, SignatureRule } from "./policy-document.js";
import type { PolicyTextOptions } from "./policy-file-options.js";
import { subjectExpression } from "./subject-expression.js";

/** @throws PolicyError as `policyFromFile` says. */
export async function buildPolicy(
  document: PolicyDocument,
  locate: Locate,
  options: PolicyTextOptions,
): Promise<Policy> {
  const { signature, provenance } = document;
  const policies = [
    ...(signature === undefined ? [] : [await signaturePolicy(signature, locate, options)]),
    ...(provenance === undefined ? [] : [provenancePolicy(provenance, signature, locate, options)]),
  ];
  const [first, ...rest] = policies;
  if (first === undefined) throw new PolicyError("InvalidPolicy", `${locate([])}: the policy is empty`);
  return rest.length === 0 ? first : all([first, ...rest]);
}

async function signaturePolicy(
  rule: SignatureRule,
  locate: Locate,
  options: PolicyTextOptions,
): Promise<Policy> {
  const { trustedRoot } = options;
  switch (rule.kind) {
    case "identity":
      return sigstorePolicy({ identity: rule, trustedRoot });
    case "expression":
      return expressionPolicy(rule, locate(["signature", "subject_regex"]), options);
    case "key": {
      const key = await loadKey(rule.key, locate(["signature", "key"]), options);
      return publicKeyPolicy({ key: encodePem("PUBLIC KEY", key.spki) });
    }
  }
}

function expressionPolicy(
  { issuer, expression }: SignatureRule & { readonly kind: "expression" },
  place: string,
  { trustedRoot }: PolicyTextOptions,
): Policy {
  const fits = subjectExpression(expression, place);
  const name = `signed by /${expression}/`;
  const requirement = certificateRequirement(
    name,
    (claims) =>
      claims.issuer === issuer && fits(claims.subject)
        ? undefined
        : `signed by ${shown(claims.subject)} (${shown(claims.issuer)}), not by /${expression}/ (${issuer})`,
    trustedRoot,
  );
  return attestationPolicy({
    name,
    requirement,
    predicateTypes: [signedPredicateType],
    refuse: () => undefined,
  });
}

async function loadKey(source: KeySource, place: string, options: PolicyTextOptions): Promise<PublicKey> {
  if ("path" in source) {
    const file = path.resolve(options.directory ?? ".", source.path);
    return parsePublicKey(await readKeyFile(file, place), `the public key ${file}`);
  }
  if (!URL.canParse(source.url))
    throw new PolicyError("InvalidPolicy", `${place}: the url of the key is none`);
  return fetchPublicKey(new URL(source.url), { signal: options.signal });
}

async function readKeyFile(file: string, place: string): Promise<Uint8Array> {
  try {
    return await readBeginning(file, maxKeyFileBytes);
  } catch (cause) {
    throw new PolicyError("KeyUnavailable", `${place}: the public key ${file} cannot be read`, { cause });
  }
}

/**
 * Provenance is believed for who signed it. For a repository at GitHub that is a job of this repository, or the
 * builder's workflow called by one; elsewhere it is the identity of the signature. A builder alone that is a workflow at
 * GitHub signs for itself.
 */
function provenancePolicy(
  rule: ProvenanceRule,
  signature: SignatureRule | undefined,
  locate: Locate,
  { trustedRoot }: PolicyTextOptions,
): Policy {
  const { builder, branches, tags } = rule;
  const refs = { branches, tags, trustedRoot };
  const signerWorkflow = gitHubWorkflow(builder);
  if (rule.repository === undefined && builder !== undefined && signerWorkflow !== undefined) {
    const options = { ...refs, builder, signerWorkflow };
    return gitHubProvenance(`built by ${builder}`, anyRepository(gitHub), options, [anyRepositoryOpen]);
  }
  // First: with the host before it, an owner looks like a repository.
  const owner = gitHubOwner(rule.repository ?? "");
  if (owner !== undefined) {
    const options = { ...refs, builder, signerWorkflow };
    const open = [`the repository: any of ${owner}`];
    return gitHubProvenance(`built by a job of ${owner}`, ownedRepository(gitHub, owner), options, open);
  }
  const repository = gitHubRepository(rule.repository ?? "");
  if (repository !== undefined) {
    const isOwn = signerWorkflow?.toLowerCase().startsWith(`${repository.toLowerCase()}/`) ?? true;
    const options = { ...refs, builder, signerWorkflow: isOwn ? undefined : signerWorkflow };
    return githubActionsProvenance(repository, options);
  }
  if (builder === undefined || signature?.kind !== "identity") {
    throw new PolicyError("InvalidPolicy", `${locate(["provenance"])}: ${missingIdentity(rule)}`);
  }
  const options = { ...refs, identity: signature, builder };
  return rule.repository === undefined
    ? builderPolicy(options)
    : slsaPolicy({ ...options, repository: rule.repository });
}

function missingIdentity({ repository }: ProvenanceRule): string {
  return repository === undefined
    ? "a builder that is no workflow at GitHub does not say who signs its provenance: add signature.keyless with the issuer and identity that sign for it, or the repository at GitHub whose jobs do"
    : "provenance from elsewhere than GitHub needs a builder, and signature.keyless";
}

const gitHub = "https://github.com";

/** `owner/name`, however it is written. */
function gitHubRepository(text: string): string | undefined {
  const pattern = /^(?:(?:https:\/\/)?github\.com\/)?(?<repository>[\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/u;
  return pattern.exec(text)?.groups?.["repository"];
}

/** The owner of repositories, where no repository is named. */
function gitHubOwner(text: string): string | undefined {
  return /^(?:(?:https:\/\/)?github\.com\/)?(?<owner>[\w-]+)\/?$/u.exec(text)?.groups?.["owner"];
}

/** The builder as a workflow at GitHub, which signs for those who call it. */
function gitHubWorkflow(builder = ""): string | undefined {
  const pattern = /^https:\/\/github\.com\/(?<workflow>[^/]+\/[^/]+\/\.github\/workflows\/.+)$/u;
  return pattern.exec(builder)?.groups?.["workflow"];
}
