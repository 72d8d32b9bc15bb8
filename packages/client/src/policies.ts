import type { Manifest, Policy, PolicySubject, Verdict } from "@blob/registry";
import { withReferrerCaches } from "./caching-referrers.js";
import { withoutReading } from "./cache-views.js";
import { ClientError, isClientError } from "./errors.js";
import type { OpenedRegistry } from "./registries.js";

/** What policies are asked about. */
export interface AskedAbout extends OpenedRegistry {
  readonly repository: string;
  readonly manifest: Manifest;
}

/** A verdict, or the error of a policy that could not decide. */
export interface PolicyOutcome {
  readonly policy: Policy;
  readonly verdict: Verdict | undefined;
  readonly error: unknown;
}

/**
 * Asks every policy about a manifest, and waits for all of them. Lists of referrers may come out of the cache; who
 * refuses because of such a list is asked again with a new one.
 */
export async function askPolicies(
  policies: readonly Policy[],
  subject: AskedAbout,
  signal: AbortSignal | undefined,
): Promise<readonly PolicyOutcome[]> {
  const outcomes = await Promise.all(policies.map((policy) => askTwice(policy, subject, signal)));
  signal?.throwIfAborted();
  return outcomes;
}

async function askTwice(
  policy: Policy,
  { registry, caches, repository, manifest }: AskedAbout,
  signal: AbortSignal | undefined,
): Promise<PolicyOutcome> {
  const remembering = withReferrerCaches(registry, caches);
  const outcome = await ask(policy, { registry: remembering.registry, repository, manifest }, signal);
  if (outcome.verdict?.ok === true || !remembering.wasRemembered()) return outcome;
  const asking = withReferrerCaches(registry, { ...caches, records: withoutReading(caches).records });
  const again = await ask(policy, { registry: asking.registry, repository, manifest }, signal);
  // Offline there is no newer list, and the first answer stands.
  return isClientError(again.error) && again.error.code === "Offline" ? outcome : again;
}

async function ask(
  policy: Policy,
  subject: PolicySubject,
  signal: AbortSignal | undefined,
): Promise<PolicyOutcome> {
  try {
    const verdict = withReasons(policy, await policy.evaluate(subject, { signal }));
    return { policy, verdict, error: undefined };
  } catch (error) {
    return { policy, verdict: undefined, error };
  }
}

/**
 * Asks every policy about a manifest, before anything that it points to is read.
 *
 * @throws ClientError `PolicyViolation` with the reasons of all that refuse; the error of one that could not decide.
 */
export async function enforcePolicies(
  policies: readonly Policy[],
  subject: AskedAbout,
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
