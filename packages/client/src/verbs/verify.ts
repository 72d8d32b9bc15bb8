import type { Descriptor, Verdict } from "@blob/registry";
import { archiveIn } from "../manifest/archive-in-index.js";
import { ClientError, isClientError } from "../errors.js";
import { parseLocation, referenceOf } from "../location.js";
import { askPolicies } from "./policies.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

/** What one policy decided. */
export interface PolicyVerdict {
  /** The policy's name. */
  readonly policy: string;
  /** What the policy leaves open, whatever it decides: such as the branch, if it has no rule for branches. */
  readonly notRestricted: readonly string[];
  /** Whether the policy accepts the manifest, and by which evidence, or for which reasons not. */
  readonly verdict: Verdict;
}

/** What all policies decided about a manifest. */
export interface VerifyResult {
  /** What was verified, as the caller wrote it. */
  readonly reference: string;
  /** The manifest that the verdicts are about. */
  readonly descriptor: Descriptor;
  /** Whether every policy accepts it. */
  readonly ok: boolean;
  /** One for each policy: the client's, then the caller's. */
  readonly verdicts: readonly PolicyVerdict[];
}

/** The codes with which `archiveIn` refuses an image index that does not have exactly one archive. */
const indexErrors: readonly string[] = ["InvalidManifest", "AmbiguousReference"];

/**
 * Evaluates policies about a manifest, and returns what each of them decided. If the reference leads to an image index
 * with one archive in it, the verdicts are about that archive, as it is the one that other verbs would read; otherwise
 * about what the reference names. A refusal is a result. A policy that could not decide makes the verb throw that
 * policy's error.
 *
 * @throws ClientError `InvalidArgument` without any policy: nothing would have been verified.
 */
export async function verify(
  { lifetime, registries, policies }: VerbContext,
  reference: string,
  { policies: wanted = [], signal, skipCache, onLeftOut }: ReadVerbOptions = {},
): Promise<VerifyResult> {
  const all = [...policies, ...wanted];
  if (all.length === 0) {
    const message = `${reference}: there is no policy to verify it by; say who has to have signed it`;
    throw new ClientError("InvalidArgument", message, { reference });
  }
  const location = parseLocation(reference);
  const opened = registries.open(location, { skipCache });
  const { repository } = location;
  const named = await opened.registry.manifest(repository, referenceOf(location), { signal });
  const place = { registry: opened.registry, repository, reference, signal, onLeftOut };
  const manifest = await archiveIn(named, place).catch((error: unknown) => {
    // An index of other artifacts, or of several archives, may be signed as a whole.
    if (isClientError(error) && indexErrors.includes(error.code)) return named;
    throw error;
  });
  const subject = { lifetime, ...opened, repository, manifest, onLeftOut };
  const outcomes = await askPolicies(all, subject, signal);
  const verdicts = outcomes.map(({ policy, verdict, error }) => {
    if (verdict === undefined) throw error;
    return { policy: policy.name, notRestricted: policy.notRestricted ?? [], verdict };
  });
  return {
    reference,
    descriptor: manifest.descriptor,
    ok: verdicts.every(({ verdict }) => verdict.ok),
    verdicts,
  };
}
