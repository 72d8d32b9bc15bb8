import { matchesGlob } from "../verify/glob.js";
import { shown } from "../verify/refusal.js";
import { invalid } from "../verify/resolve-requirement.js";

/** Which refs of a repository do. Without any, all of them. `*` stands for any characters but `/`. */
export interface RefOptions {
  /** Names of branches: `main`, `release/*`. */
  readonly branches?: readonly string[] | undefined;
  /** Names of tags: `v*`. */
  readonly tags?: readonly string[] | undefined;
  /** Whole refs: `refs/heads/main`. */
  readonly refs?: readonly string[] | undefined;
}

/** Why a ref does not do; undefined for one that does. */
export type RefRule = (ref: string | undefined) => string | undefined;

/** @throws PolicyError `InvalidPolicy` for an empty list: it would mean either nothing or everything. */
export function refRule(policy: string, options: RefOptions): RefRule {
  const { branches, tags, refs } = options;
  if ([branches, tags, refs].some((list) => list?.length === 0)) {
    throw invalid(policy, "an empty list of branches, tags or refs: leave it out to accept all");
  }
  if (isAnyRef(options)) return () => undefined;
  const patterns = [
    ...(branches ?? []).map((branch) => `refs/heads/${branch}`),
    ...(tags ?? []).map((tag) => `refs/tags/${tag}`),
    ...(refs ?? []),
  ];
  return (ref) => {
    if (ref !== undefined && patterns.some((pattern) => matchesGlob(pattern, ref))) return undefined;
    return `made from ${ref === undefined ? "no ref" : shown(ref)}, not from ${patterns.join(" or ")}`;
  };
}

/** What is left open without a rule for refs. */
export function openRefs(options: RefOptions): readonly string[] {
  return isAnyRef(options) ? ["the ref: any branch, tag or pull request"] : [];
}

function isAnyRef({ branches, tags, refs }: RefOptions): boolean {
  return branches === undefined && tags === undefined && refs === undefined;
}
