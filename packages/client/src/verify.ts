import type { Descriptor, Policy, Verdict } from "@blob/registry";
import { ClientError } from "./errors.js";
import { parseLocation, referenceOf } from "./location.js";
import { askPolicies } from "./policies.js";
import type { VerbOptions, VerbContext } from "./verb-context.js";

/** What one policy says. */
export interface PolicyVerdict {
  /** The policy's name. */
  readonly policy: string;
  readonly verdict: Verdict;
}

export interface VerifyResult {
  readonly reference: string;
  /** Of the manifest that was looked at: its digest is what the verdicts are about. */
  readonly descriptor: Descriptor;
  /** Whether every policy accepts it. */
  readonly ok: boolean;
  /** One for each policy: the client's, then the caller's. */
  readonly verdicts: readonly PolicyVerdict[];
}

/**
 * Asks policies about a manifest and says what each of them found. A refusal is a result, not an error; a policy that
 * could not decide is an error, that policy's own.
 *
 * @throws ClientError `InvalidArgument` without any policy: nothing would have been verified.
 */
export async function verify(
  { lifetime, registries, policies }: VerbContext,
  reference: string,
  wanted: readonly Policy[] = [],
  { signal, skipCache }: VerbOptions = {},
): Promise<VerifyResult> {
  const all = [...policies, ...wanted];
  if (all.length === 0) {
    const message = `${reference}: there is no policy to verify it by; say who has to have signed it`;
    throw new ClientError("InvalidArgument", message, { reference });
  }
  const location = parseLocation(reference);
  const opened = registries.open(location, { skipCache });
  const { repository } = location;
  const manifest = await opened.registry.manifest(repository, referenceOf(location), { signal });
  const outcomes = await askPolicies(all, { lifetime, ...opened, repository, manifest }, signal);
  const verdicts = outcomes.map(({ policy, verdict, error }) => {
    if (verdict === undefined) throw error;
    return { policy: policy.name, verdict };
  });
  return {
    reference,
    descriptor: manifest.descriptor,
    ok: verdicts.every(({ verdict }) => verdict.ok),
    verdicts,
  };
}
