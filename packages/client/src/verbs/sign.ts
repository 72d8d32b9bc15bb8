import type { Descriptor, Signer, StatementClaim } from "@blob/registry";
import { annotationsOf } from "../manifest/annotations.js";
import { attach } from "./attach.js";
import { untilAborted } from "@blob/core/abort";
import { parseLocation, referenceOf } from "../location.js";
import type { VerbContext, VerbOptions } from "./verb-context.js";

/**
 * What to sign: the result of a push, or a reference. A tag is looked up once, and the manifest that it points to then
 * is signed.
 */
export type SignTarget = string | { readonly reference: string; readonly descriptor: Descriptor };

/** What is recorded with a signature. */
export interface SignVerbOptions extends VerbOptions {
  /** The time that the manifest of the signature states. Default now. It proves nothing: see the log or time stamp. */
  readonly created?: Date | undefined;
}

/** A signature, or a signed statement, in the registry. */
export interface SignResult {
  /** What was signed, as the caller wrote it. */
  readonly reference: string;
  /** The descriptor of the manifest that was signed. */
  readonly subject: Descriptor;
  /** The descriptor of the referrer: the manifest whose layer is the signature. */
  readonly descriptor: Descriptor;
}

/**
 * Signs a manifest, and attaches the signature where `verify` and other tools find it. The signer gets the bytes of the
 * manifest, verified against its digest. Policies are not evaluated: they would demand the signature that is being
 * made.
 */
export async function sign(
  context: VerbContext,
  target: SignTarget,
  signer: Signer,
  options: SignVerbOptions = {},
): Promise<SignResult> {
  return signAndAttach(context, target, signer, undefined, options);
}

/** Signs and attaches any statement about the manifest, such as how it was built or what it was tested for. */
export async function attest(
  context: VerbContext,
  target: SignTarget,
  signer: Signer,
  claim: StatementClaim,
  options: SignVerbOptions = {},
): Promise<SignResult> {
  return signAndAttach(context, target, signer, claim, options);
}

async function signAndAttach(
  { registries }: VerbContext,
  target: SignTarget,
  signer: Signer,
  claim: StatementClaim | undefined,
  { signal, created = new Date() }: SignVerbOptions,
): Promise<SignResult> {
  // Checked before anything is signed: entries in public logs of signatures cannot be removed.
  annotationsOf({}, created);
  const reference = typeof target === "string" ? target : target.reference;
  const location = parseLocation(reference);
  const opened = registries.open(location, { askForTags: true });
  const { registry } = opened;
  const { repository } = location;
  const named = typeof target === "string" ? referenceOf(location) : target.descriptor.digest;
  const manifest = await registry.manifest(repository, named, { signal });
  const attachment = await untilAborted(signer.sign(manifest, { claim, signal }), signal);
  const subject = manifest.descriptor;
  const descriptor = await attach({ ...opened, repository, subject, signal }, attachment, created);
  return { reference, subject, descriptor };
}
