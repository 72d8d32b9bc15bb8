import type { Session } from "../../session/session.js";
import type { PolicyRule } from "../../config/config.js";
import { compileMatch, fitsAny } from "../../config/match-reference.js";
import { policyMaker } from "../../signing/policies.js";
import { referenceSpellings } from "../../config/reference-spellings.js";
import { whyUnmatchable } from "../../config/unmatchable.js";

/** A rule of the configuration, and what is wrong with it. */
export interface CheckedRule {
  readonly rule: PolicyRule;
  /** `warning`: it protects nothing, as far as can be told. `broken`: it stops commands that it is about, or all of them. */
  readonly status: "ok" | "warning" | "broken";
  /** Why it is not `ok`. */
  readonly problem: string | undefined;
  /** What the policy requires; undefined when it cannot be made. */
  readonly policy: string | undefined;
  /** Whether it is about the reference that was asked for; undefined when that cannot be told. */
  readonly isMet: boolean | undefined;
}

/**
 * Looks at every rule of the configuration as reading would: keys are read, or fetched.
 *
 * @param reference As it is given to a command.
 * @throws ClientError or RegistryError `InvalidReference`
 */
export async function checkRules(
  session: Session,
  reference: string | undefined,
): Promise<readonly CheckedRule[]> {
  const { policies: rules = [], aliases = {} } = session.config.config;
  if (rules.length === 0) return [];
  const texts = reference === undefined ? [] : referenceSpellings(reference, aliases);
  const make = await policyMaker(session.config.file, session);
  const written = Object.entries(aliases).flat();
  return Promise.all(
    rules.map(async (rule): Promise<CheckedRule> => {
      const { warning, isMet, problem } = checkMatch(rule, texts, written);
      const made = await make(rule).then(
        ({ name }) => ({ policy: name, problem: undefined }),
        (error: unknown) => ({ policy: undefined, problem: messageOf(error) }),
      );
      session.signal.throwIfAborted();
      const broken = problem ?? made.problem;
      const status = broken !== undefined ? "broken" : warning === undefined ? "ok" : "warning";
      return { rule, status, problem: broken ?? warning, policy: made.policy, isMet };
    }),
  );
}

interface CheckedMatch {
  readonly problem?: string;
  readonly warning?: string | undefined;
  readonly isMet?: boolean;
}

function checkMatch(rule: PolicyRule, texts: readonly string[], written: readonly string[]): CheckedMatch {
  try {
    compileMatch(rule);
    const isMet = fitsAny(rule, texts);
    // What an alias is called, or stands for, is a reference in the way in which it is written.
    return { isMet, warning: fitsAny(rule, written) ? undefined : whyUnmatchable(rule.match) };
  } catch (error) {
    return { problem: `${messageOf(error)}; nothing is read before that is mended` };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
