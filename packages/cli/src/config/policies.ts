import type { Policy } from "@blob/registry";
import type { PolicyRule } from "./config.js";
import { ConfigError } from "./config-error.js";

/**
 * The policies that the configuration has for a reference, all of which have to accept what is read.
 *
 * @throws ConfigError when one cannot be made: what it would have to accept must not be read.
 */
export async function policiesFor(
  rules: readonly PolicyRule[],
  reference: string,
): Promise<readonly Policy[]> {
  if (rules.length === 0) return [];
  const { matchingRules } = await import("./match-reference.js");
  return matchingRules(rules, reference).map(buildPolicy);
}

function buildPolicy({ match, place }: PolicyRule): Policy {
  throw new ConfigError(
    place,
    `the policy for ${match} cannot be evaluated by this version of blob: nothing is read`,
  );
}
