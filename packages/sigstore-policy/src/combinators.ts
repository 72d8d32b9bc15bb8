import type { Evidence, Policy, PolicyReason, PolicySubject, Verdict } from "@blob/registry";
import { firstLook } from "./referrers/bundle-candidates.js";
import { PolicyError } from "./errors.js";

/**
 * A policy that accepts what every given policy accepts.
 *
 * The policies are evaluated at the same time, and every reason of every refusal is kept. A refusal is final: it is
 * returned even when another policy could not be checked. Without a refusal, the first error is thrown. The evidence
 * is that of all.
 *
 * @example
 * ```ts
 * const trusted = all([githubActionsPolicy("acme/site", { trustedRoot }), githubActionsProvenance("acme/site", { trustedRoot })]);
 * ```
 *
 * @throws PolicyError `InvalidPolicy` without any policy: "all of nothing" would accept everything.
 */
export function all(policies: readonly [Policy, ...Policy[]]): Policy {
  const name = combinedName("all", policies);
  return {
    name,
    notRestricted: allNotRestricted(policies),
    async evaluate(subject, options = {}) {
      const { reasons, errors, evidence } = await evaluateEach(policies, subject, options.signal);
      if (reasons.length > 0) return { ok: false, reasons };
      for (const error of errors) throw error;
      return { ok: true, evidence };
    },
  };
}

/**
 * A policy that accepts what at least one of the given policies accepts; the evidence is that of those that do.
 *
 * The policies are evaluated at the same time, and once more when none accepts and one of them can look further for bundles.
 * When none accepts, the verdict has the reasons of all of them; when one of them could not be checked, it might have
 * accepted, so that is an error and not a verdict.
 *
 * @example
 * ```ts
 * const trusted = any([githubActionsPolicy("acme/site", { trustedRoot }), publicKeyPolicy({ key })]);
 * const verdict = await trusted.evaluate(subject);
 * if (!verdict.ok) for (const { policy, message } of verdict.reasons) console.error(`${policy}: ${message}`);
 * ```
 *
 * @throws PolicyError `InvalidPolicy` without any policy; `NotChecked` from `evaluate` as described.
 */
export function any(policies: readonly [Policy, ...Policy[]]): Policy {
  const name = combinedName("any", policies);
  return {
    name,
    notRestricted: allNotRestricted(policies),
    async evaluate(subject, options = {}) {
      const look = firstLook(subject);
      let outcome = await evaluateEach(policies, look.subject, options.signal);
      if (!outcome.accepted && look.wasCutShort()) {
        outcome = await evaluateEach(policies, subject, options.signal);
      }
      const { accepted, reasons, errors, evidence } = outcome;
      if (accepted) return { ok: true, evidence };
      if (errors.length === 0) return { ok: false, reasons };
      const refusals = reasons.map((reason) => `${reason.policy}: ${reason.message}`).join("; ");
      const detail = refusals === "" ? "" : ` (refused by the others: ${refusals})`;
      const message = `${String(errors.length)} of ${String(policies.length)} policies could not be checked${detail}`;
      throw new PolicyError("NotChecked", message, { policy: name, cause: errors[0] });
    },
  };
}

function allNotRestricted(policies: readonly Policy[]): readonly string[] {
  return [...new Set(policies.flatMap((policy) => policy.notRestricted ?? []))];
}

function combinedName(combinator: string, policies: readonly Policy[]): string {
  if (policies.length === 0) {
    throw new PolicyError("InvalidPolicy", `${combinator}() needs at least one policy`, {
      policy: combinator,
    });
  }
  return `${combinator}(${policies.map((policy) => policy.name).join(", ")})`;
}

interface Outcome {
  readonly accepted: boolean;
  readonly reasons: readonly PolicyReason[];
  readonly errors: readonly unknown[];
  /** Of those that accepted. */
  readonly evidence: readonly Evidence[];
}

async function evaluateEach(
  policies: readonly Policy[],
  subject: PolicySubject,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const settled = await Promise.allSettled(
    policies.map(async (policy) => checkedVerdict(policy, await policy.evaluate(subject, { signal }))),
  );
  signal?.throwIfAborted();
  const verdicts = settled.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  return {
    accepted: verdicts.some((verdict) => verdict.ok),
    reasons: verdicts.flatMap((verdict) => (verdict.ok ? [] : verdict.reasons)),
    evidence: verdicts.flatMap((verdict) => (verdict.ok ? (verdict.evidence ?? []) : [])),
    errors: settled.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : [])),
  };
}

/** A refusal without a reason would vanish when reasons are collected, and turn into acceptance. */
function checkedVerdict(policy: Policy, verdict: Verdict): Verdict {
  if (verdict.ok) return verdict;
  if (verdict.reasons.length > 0) return verdict;
  return { ok: false, reasons: [{ policy: policy.name, message: "refused without a reason" }] };
}
