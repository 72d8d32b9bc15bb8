/** A rule of the configuration that is about what is read, for people and programs. */
export interface AppliedRule {
  readonly match: string;
  /** What the policy requires, in a few words. */
  readonly policy: string;
  /** File and line. */
  readonly place: string;
}

/** Lines that say which rules were about a reference. */
export function ruleLines(rules: readonly AppliedRule[]): readonly string[] {
  if (rules.length === 0) return ["Rules:       none of the configuration"];
  return rules.map(({ match, policy, place }) => `Rule:        ${match}: ${policy} (${place})`);
}
