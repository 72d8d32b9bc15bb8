import type { Descriptor, Verdict } from "@blob/registry";
import { archiveIn } from "../manifest/archive-in-index.js";
import { ClientError, isClientError } from "../errors.js";
import { parseLocation, referenceOf } from "../location.js";
import { askPolicies } from "./policies.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

/** What one policy says. */
export interface PolicyVerdict {
  /** The policy's name. */
  readonly policy: string;
  /** What the policy does not require, whatever its verdict is. */
  readonly notRestricted: readonly string[];
  /** Whether it accepts the manifest: by which evidence, or why not. */
  readonly verdict: Verdict;
}

/** What policies say about a manifest. */
export interface VerifyResult {
  /** As the caller wrote it. */
  readonly reference: string;
  /** Of the manifest that was looked at: its digest is what the verdicts are about. */
  readonly descriptor: Descriptor;
  /** Whether every policy accepts it. */
  readonly ok: boolean;
  /** One for each policy: the client's, then the caller's. */
  readonly verdicts: readonly PolicyVerdict[];
}

/** What `archiveIn` says of an index that no verb can read as an archive. */
const indexErrors: readonly string[] = ["InvalidManifest", "AmbiguousReference"];

/**
 * Asks policies about a manifest and says what each of them found: about the archive that verbs would read, when a
 * reference leads to an image index with one in it, else about what the reference names. A refusal is a result, not an error; a policy that
 * could not decide is an error, that policy's own.
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
    // An index of something else, or of much: it may be signed as a whole.
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
