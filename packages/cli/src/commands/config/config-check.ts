import type { CheckedRule } from "./check-rules.js";
import { checkRules } from "./check-rules.js";
import { ConfigError } from "../../config/config-error.js";
import { requireConfigFile } from "../../config/config-path.js";
import { canonicalReference } from "../../config/canonical-reference.js";
import type { Session } from "../../session/session.js";

/** Says what is wrong with rules, and which of them a reference meets; ends with 2 when one is broken. */
export async function checkConfig(session: Session, reference: string | undefined): Promise<void> {
  const { config, output } = session;
  const file = requireConfigFile(config);
  const rules = await checkRules(session, reference);
  const otherwise = config.config.policy_default ?? "allow";
  const asked = reference === undefined ? undefined : askedAbout(session, reference, rules, otherwise);
  await output.result(
    {
      path: file,
      exists: config.exists,
      policy_default: otherwise,
      rules: rules.map(({ rule: { match, place }, status, problem, policy }) => ({
        match,
        place,
        status,
        problem,
        policy,
      })),
      ...(asked !== undefined && {
        ref: reference,
        canonical_ref: asked.canonical,
        met: asked.met.map(({ rule: { match, place }, policy }) => ({ match, place, policy })),
        outcome: asked.outcome,
      }),
    },
    function* () {
      yield `Rules:     ${String(rules.length)} in ${file}, policy_default is ${otherwise}`;
      for (const { rule, status, problem, policy } of rules) {
        yield `${status.padEnd(8)}   ${rule.match}: ${policy ?? "no policy"} (${rule.place})`;
        if (problem !== undefined) yield `           ${problem}`;
      }
      if (asked === undefined) return;
      yield `Reference: ${asked.canonical}`;
      for (const { rule } of asked.met) yield `meets      ${rule.match} (${rule.place})`;
      yield `           ${asked.means}`;
    },
  );
  const broken = rules.filter(({ status }) => status === "broken");
  const [first] = broken;
  if (first === undefined) return;
  const places = broken.map(({ rule }) => rule.place).join(", ");
  throw new ConfigError(
    file,
    `${String(broken.length)} of ${String(rules.length)} rules are broken: ${places}`,
  );
}

interface AskedAbout {
  readonly canonical: string;
  readonly met: readonly CheckedRule[];
  /** What becomes of reading it: policies are asked, it is read without any, or not at all. */
  readonly outcome: "policies" | "allowed" | "refused";
  readonly means: string;
}

function askedAbout(
  session: Session,
  reference: string,
  rules: readonly CheckedRule[],
  otherwise: "allow" | "refuse",
): AskedAbout {
  const opened = session.expand(reference);
  const canonical = canonicalReference(opened);
  const met = rules.filter(({ isMet }) => isMet === true);
  if (rules.some(({ isMet }) => isMet === undefined)) {
    const means = "it is not read: whether a broken rule is about it cannot be told";
    return { canonical, met, outcome: "refused", means };
  }
  if (met.length === 0) {
    return otherwise === "refuse"
      ? {
          canonical,
          met,
          outcome: "refused",
          means: "meets no rule, and policy_default is refuse: it is not read",
        }
      : {
          canonical,
          met,
          outcome: "allowed",
          means: "meets no rule, and policy_default is allow: it is read, whoever made it",
        };
  }
  if (met.some(({ status }) => status === "broken")) {
    return { canonical, met, outcome: "refused", means: "it is not read: a rule that is about it is broken" };
  }
  if (opened.startsWith("file:")) {
    const means = "it is not read: a local archive has no manifest that a policy could accept";
    return { canonical, met, outcome: "refused", means };
  }
  return { canonical, met, outcome: "policies", means: "it is read when all of these policies accept it" };
}
