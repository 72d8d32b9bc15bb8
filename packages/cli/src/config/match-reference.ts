import vm from "node:vm";
import type { PolicyRule } from "./config.js";
import { ConfigError } from "./config-error.js";
import { referenceSpellings } from "./reference-spellings.js";

/** An expression that takes longer on one reference backtracks without end. A busy machine may take long for any. */
const matchTimeoutMs = 2000;

/**
 * The rules that are about a reference, as it is given to a command. An expression is searched for: in the reference as it
 * is written, as aliases expand it, and in its canonical form, so that no other spelling of the same place leaves a
 * policy out.
 *
 * @throws ConfigError when an expression is none, or takes too long; ClientError or RegistryError `InvalidReference`:
 *   what cannot be decided must not be read.
 */
export function matchingRules(
  rules: readonly PolicyRule[],
  reference: string,
  aliases: Readonly<Record<string, string>> = {},
): readonly PolicyRule[] {
  if (rules.length === 0) return [];
  const texts = referenceSpellings(reference, aliases);
  return rules.filter((rule) => fitsAny(rule, texts));
}

/**
 * Whether the expression of a rule is found in one of the texts. In a context of its own only because that can be stopped.
 *
 * @throws ConfigError
 */
export function fitsAny(rule: PolicyRule, texts: readonly string[]): boolean {
  const { match, place } = rule;
  const expression = compileMatch(rule);
  try {
    const context = { source: expression.source, texts };
    const script = "const expression = new RegExp(source, 'u'); texts.some((text) => expression.test(text))";
    return vm.runInNewContext(script, context, { timeout: matchTimeoutMs }) === true;
  } catch (error) {
    throw new ConfigError(place, `match: ${match} takes too long: write it without nested repetitions`, {
      cause: error,
    });
  }
}

/** @throws ConfigError when it is no regular expression. */
export function compileMatch({ match, place }: PolicyRule): RegExp {
  try {
    return new RegExp(match, "u");
  } catch (error) {
    throw new ConfigError(place, `match: ${match} is not a regular expression`, { cause: error });
  }
}
