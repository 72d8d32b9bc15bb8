import vm from "node:vm";
import type { PolicyRule } from "./config.js";
import { ConfigError } from "./config-error.js";
import { referenceSpellings } from "./reference-spellings.js";

/** An expression that takes longer on one reference backtracks without end. */
const matchTimeoutMs = 200;

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
  return rules.filter((rule) => fits(rule, texts));
}

/** In a context of its own only because that can be stopped. */
function fits({ match, place }: PolicyRule, texts: readonly string[]): boolean {
  const expression = compiled(match, place);
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

function compiled(match: string, place: string): RegExp {
  try {
    return new RegExp(match, "u");
  } catch (error) {
    throw new ConfigError(place, `match: ${match} is not a regular expression`, { cause: error });
  }
}
