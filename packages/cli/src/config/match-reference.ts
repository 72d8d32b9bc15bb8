import vm from "node:vm";
import { parseLocation } from "@blob/client";
import { formatReference } from "@blob/registry";
import type { PolicyRule } from "./config.js";
import { ConfigError } from "./config-error.js";

/** An expression that takes longer on one reference backtracks without end. */
const matchTimeoutMs = 200;

/**
 * The rules that are about a reference, whose alias is expanded. An expression has to fit the whole reference: as it is
 * written, or in full with host and tag, so that leaving `:latest` out does not leave a policy out.
 *
 * @throws ConfigError when an expression is none, or takes too long: what cannot be decided must not be read.
 */
export function matchingRules(rules: readonly PolicyRule[], reference: string): readonly PolicyRule[] {
  if (rules.length === 0) return [];
  const texts = [reference, fullReference(reference)];
  return rules.filter((rule) => fits(rule, texts));
}

function fullReference(reference: string): string {
  if (reference.startsWith("file:")) return reference;
  const { place, repository, tag, digest } = parseLocation(reference);
  if (place.kind === "registry") return formatReference({ host: place.host, repository, tag, digest });
  return `oci:${place.path}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** In a context of its own only because that can be stopped. */
function fits({ match, place }: PolicyRule, texts: readonly string[]): boolean {
  const expression = compiled(match, place);
  try {
    const context = { source: expression.source, texts };
    const script = "const whole = new RegExp(source, 'u'); texts.some((text) => whole.test(text))";
    return vm.runInNewContext(script, context, { timeout: matchTimeoutMs }) === true;
  } catch (error) {
    throw new ConfigError(place, `match: ${match} takes too long: write it without nested repetitions`, {
      cause: error,
    });
  }
}

function compiled(match: string, place: string): RegExp {
  try {
    // Alone first: `a)|(b` would be one when it is wrapped.
    void new RegExp(match, "u");
    return new RegExp(`^(?:${match})$`, "u");
  } catch (error) {
    throw new ConfigError(place, `match: ${match} is not a regular expression`, { cause: error });
  }
}
