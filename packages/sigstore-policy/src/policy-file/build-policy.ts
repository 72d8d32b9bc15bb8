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
import { githubActionsProvenance, slsaPolicy } from "../policies/slsa-policy.js";
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
 * builder's workflow called by one; elsewhere it is the identity of the signature.
 */
function provenancePolicy(
  rule: ProvenanceRule,
  signature: SignatureRule | undefined,
  locate: Locate,
  { trustedRoot }: PolicyTextOptions,
): Policy {
  const { builder, branches, tags } = rule;
  const refs = { branches, tags, trustedRoot };
  const repository = gitHubRepository(rule.repository);
  if (repository !== undefined) {
    const signerWorkflow = foreignWorkflow(builder, repository);
    return githubActionsProvenance(repository, { ...refs, builder, signerWorkflow });
  }
  if (builder === undefined || signature?.kind !== "identity") {
    const problem = "provenance from elsewhere than GitHub needs a builder, and signature.keyless";
    throw new PolicyError("InvalidPolicy", `${locate(["provenance"])}: ${problem}`);
  }
  return slsaPolicy({ ...refs, identity: signature, builder, repository: rule.repository });
}

/** `owner/name`, however it is written. */
function gitHubRepository(text: string): string | undefined {
  const pattern = /^(?:(?:https:\/\/)?github\.com\/)?(?<repository>[\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/u;
  return pattern.exec(text)?.groups?.["repository"];
}

/** The builder as a reusable workflow of another repository, whose jobs sign for those who call it. */
function foreignWorkflow(builder: string | undefined, repository: string): string | undefined {
  const workflow = /^https:\/\/github\.com\/(?<workflow>[^/]+\/[^/]+\/\.github\/workflows\/.+)$/u.exec(
    builder ?? "",
  )?.groups?.["workflow"];
  if (workflow === undefined) return undefined;
  return workflow.toLowerCase().startsWith(`${repository.toLowerCase()}/`) ? undefined : workflow;
}
