import type { Policy, PolicySubject, Verdict } from "@blob/registry";
import { ClientError } from "./errors.js";

/** A verdict, or the error of a policy that could not decide. */
export interface PolicyOutcome {
  readonly policy: Policy;
  readonly verdict: Verdict | undefined;
  readonly error: unknown;
}

/** Asks every policy about a manifest, and waits for all of them. */
export async function askPolicies(
  policies: readonly Policy[],
  subject: PolicySubject,
  signal: AbortSignal | undefined,
): Promise<readonly PolicyOutcome[]> {
  const outcomes = await Promise.all(
    policies.map(async (policy): Promise<PolicyOutcome> => {
      try {
        const verdict = withReasons(policy, await policy.evaluate(subject, { signal }));
        return { policy, verdict, error: undefined };
      } catch (error) {
        return { policy, verdict: undefined, error };
      }
    }),
  );
  signal?.throwIfAborted();
  return outcomes;
}

/**
 * Asks every policy about a manifest, before anything that it points to is read.
 *
 * @throws ClientError `PolicyViolation` with the reasons of all that refuse; the error of one that could not decide.
 */
export async function enforcePolicies(
  policies: readonly Policy[],
  subject: PolicySubject,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const outcomes = await askPolicies(policies, subject, signal);
  const refusals = outcomes.flatMap(({ verdict }) =>
    verdict === undefined || verdict.ok ? [] : verdict.reasons,
  );
  if (refusals.length > 0) {
    const why = refusals.map(({ policy, message }) => `${policy}: ${message}`).join("; ");
    throw new ClientError("PolicyViolation", `${reference} is refused by policy: ${why}`, {
      reference,
      digest: subject.manifest.descriptor.digest,
      reasons: refusals,
    });
  }
  for (const { verdict, error } of outcomes) if (verdict === undefined) throw error;
}

/** A refusal without a reason is a refusal all the same. */
function withReasons({ name }: Policy, verdict: Verdict): Verdict {
  if (verdict.ok || verdict.reasons.length > 0) return verdict;
  return { ok: false, reasons: [{ policy: name, message: "refused without a reason" }] };
}
