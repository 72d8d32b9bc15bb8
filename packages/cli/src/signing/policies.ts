import path from "node:path";
import type { Policy } from "@blob/registry";
import type { Run } from "../settings/run.js";
import type { TrustFlags } from "./trusted-root.js";
import { trustedRootOf } from "./trusted-root.js";
import type { AppliedRule } from "./applied-rule.js";
import type { LoadedConfig, PolicyRule } from "../config/config.js";
import { requireConfigFile } from "../config/config-path.js";
import { NoRuleError } from "../config/no-rule-error.js";

/** A rule of the configuration that is about a reference, and the policy that it has for it. */
export interface ConfiguredPolicy {
  readonly rule: PolicyRule;
  readonly policy: Policy;
}

/** The same for people and programs. */
export function appliedRule({ rule: { match, place }, policy }: ConfiguredPolicy): AppliedRule {
  return { match, policy: policy.name, place };
}

/**
 * The policies that the configuration has for what is read, all of which have to accept it: those for its reference, as it
 * was given to the command, and those for the references that it gets as well. Paths of keys are relative to the
 * configuration file.
 *
 * @throws NoRuleError when nothing is about what is read, and the configuration refuses that; PolicyError
 *   `InvalidPolicy`, ConfigError when a policy cannot be made: what it would have to accept must not be read.
 */
export async function configuredPolicies(
  { file, config: { policies: rules = [], policy_default: otherwise = "allow", aliases } }: LoadedConfig,
  reference: string,
  written: readonly string[],
  run: Pick<Run, "settings" | "io">,
): Promise<readonly ConfiguredPolicy[]> {
  if (rules.length === 0 && otherwise === "allow") return [];
  const { matchingRules } = await import("../config/match-reference.js");
  const aboutSource = matchingRules(rules, reference, aliases);
  if (aboutSource.length === 0 && otherwise === "refuse") throw new NoRuleError(reference);
  const aboutOthers = written.flatMap((one) => matchingRules(rules, one, aliases));
  const matching = [...new Set([...aboutSource, ...aboutOthers])];
  if (matching.length === 0) return [];
  const make = await policyMaker(file, run);
  return Promise.all(matching.map(async (rule) => ({ rule, policy: await make(rule) })));
}

/** Makes policies of rules; paths of keys are relative to the configuration file. */
export async function policyMaker(
  file: string | undefined,
  run: Pick<Run, "settings" | "io">,
): Promise<(rule: PolicyRule) => Promise<Policy>> {
  const [{ policyFromContent }, trustedRoot] = await Promise.all([
    import("@blob/sigstore-policy"),
    trustedRootOf(run, {}),
  ]);
  const directory = path.dirname(requireConfigFile({ file }));
  const { signal } = run.io;
  return ({ policy, place }) => policyFromContent(policy, { file: place, directory, trustedRoot, signal });
}

/** The policies of files that a flag names. */
export async function filePolicies(
  files: readonly string[],
  run: Pick<Run, "settings" | "io">,
  trust: TrustFlags = {},
): Promise<readonly Policy[]> {
  if (files.length === 0) return [];
  const [{ policyFromFile }, trustedRoot] = await Promise.all([
    import("@blob/sigstore-policy"),
    trustedRootOf(run, trust),
  ]);
  return Promise.all(files.map((file) => policyFromFile(file, { trustedRoot, signal: run.io.signal })));
}
