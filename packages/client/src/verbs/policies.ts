import type { Evidence, Manifest, Policy, PolicySubject, Registry, Verdict } from "@blob/registry";
import { withReferrerCaches } from "../caching/caching-referrers.js";
import { withoutReading } from "../caching/cache-views.js";
import { withinLifetime } from "../lifetime/closable-registry.js";
import { ClientError, isClientError } from "../errors.js";
import type { Lifetime } from "../lifetime/lifetime.js";
import { linkSignals, untilAborted } from "@blob/core/abort";
import type { OpenedRegistry } from "../registries.js";
import type { ListVerbOptions } from "./verb-context.js";

/** The manifest that policies are evaluated about. */
export interface AskedAbout extends OpenedRegistry {
  readonly lifetime: Lifetime;
  readonly repository: string;
  readonly manifest: Manifest;
  readonly onLeftOut: ListVerbOptions["onLeftOut"];
}

/** What a policy decided, or the error for which it could not decide. */
export interface PolicyOutcome {
  readonly policy: Policy;
  readonly verdict: Verdict | undefined;
  readonly error: unknown;
}

/**
 * Evaluates all policies about a manifest, at the same time. Lists of referrers may come out of the cache; a policy
 * that refuses because of such a list is evaluated once more with a new one.
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
  { lifetime, registry, trustDomain, caches, repository, manifest, onLeftOut }: AskedAbout,
  signal: AbortSignal | undefined,
): Promise<PolicyOutcome> {
  const askWith = (its: Registry): Promise<PolicyOutcome> =>
    ask(policy, { registry: withinLifetime(its, lifetime), repository, manifest }, signal);
  const remembering = withReferrerCaches(registry, trustDomain, caches, onLeftOut);
  const outcome = await askWith(remembering.registry);
  if (outcome.verdict?.ok === true || !remembering.wasRemembered()) return outcome;
  const asking = withReferrerCaches(
    registry,
    trustDomain,
    { ...caches, records: withoutReading(caches).records },
    onLeftOut,
  );
  const again = await askWith(asking.registry);
  // When offline no newer list can be fetched, and the first outcome stands.
  return isClientError(again.error) && again.error.code === "Offline" ? outcome : again;
}

async function ask(
  policy: Policy,
  subject: PolicySubject,
  signal: AbortSignal | undefined,
): Promise<PolicyOutcome> {
  // A signal for this policy alone: it may add many listeners to it, and leave them there.
  const link = linkSignals(signal);
  try {
    const asked = policy.evaluate(subject, { signal: link.signal });
    return {
      policy,
      verdict: withReasons(policy, await untilAborted(asked, link.signal)),
      error: undefined,
    };
  } catch (error) {
    return { policy, verdict: undefined, error };
  } finally {
    link.release();
  }
}

/**
 * Evaluates all policies about a manifest, before anything that it points to is read. Returns what their acceptance rests on.
 *
 * @throws ClientError `PolicyViolation` with the reasons of all that refuse; or the error of one that could not decide.
 */
export async function enforcePolicies(
  policies: readonly Policy[],
  subject: AskedAbout,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<readonly Evidence[]> {
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
  return outcomes.flatMap(({ verdict, error }) => {
    if (verdict === undefined) throw error;
    return verdict.ok ? (verdict.evidence ?? []) : [];
  });
}

/** A policy of the caller's may refuse without giving a reason: the refusal gets a general one. */
function withReasons({ name }: Policy, verdict: Verdict): Verdict {
  if (verdict.ok || verdict.reasons.length > 0) return verdict;
  return { ok: false, reasons: [{ policy: name, message: "refused without a reason" }] };
}
