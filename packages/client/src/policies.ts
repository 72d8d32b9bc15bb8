import type { Policy, PolicySubject } from "@blob/registry";
import { ClientError } from "./errors.js";

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
  const outcomes = await Promise.allSettled(policies.map((policy) => policy.evaluate(subject, { signal })));
  signal?.throwIfAborted();
  const refusals = outcomes.flatMap((outcome, at) => {
    if (outcome.status === "rejected" || outcome.value.ok) return [];
    const name = policies[at]?.name ?? "policy";
    // A refusal without a reason is a refusal all the same.
    const { reasons } = outcome.value;
    return reasons.length > 0 ? reasons : [{ policy: name, message: "refused without a reason" }];
  });
  if (refusals.length > 0) {
    const why = refusals.map(({ policy, message }) => `${policy}: ${message}`).join("; ");
    throw new ClientError("PolicyViolation", `${reference} is refused by policy: ${why}`, {
      reference,
      digest: subject.manifest.descriptor.digest,
      reasons: refusals,
    });
  }
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
