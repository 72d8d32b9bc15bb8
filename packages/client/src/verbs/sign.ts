import type { Descriptor, Signer, StatementClaim } from "@blob/registry";
import { annotationsOf } from "../manifest/annotations.js";
import { attach } from "./attach.js";
import { untilAborted } from "@blob/core/abort";
import { parseLocation, referenceOf } from "../location.js";
import type { VerbContext, VerbOptions } from "./verb-context.js";

/** What to sign: the result of a push, or a reference. Of a tag, what it points to is read once, and that is signed. */
export type SignTarget = string | { readonly reference: string; readonly descriptor: Descriptor };

export interface SignVerbOptions extends VerbOptions {
  /** When the signature was made, as far as its manifest tells. Default now. */
  readonly created?: Date | undefined;
}

/** A signature, or a signed statement, in the registry. */
export interface SignResult {
  readonly reference: string;
  /** The manifest that was signed. */
  readonly subject: Descriptor;
  /** Of the referrer: the manifest that has the signature as its layer. */
  readonly descriptor: Descriptor;
}

/**
 * Signs a manifest, and attaches the signature to it where `verify` and other tools find it. The signer gets the bytes
 * of the manifest, verified against the digest. No policy is asked: what is not signed yet could not satisfy it.
 */
export async function sign(
  context: VerbContext,
  target: SignTarget,
  signer: Signer,
  options: SignVerbOptions = {},
): Promise<SignResult> {
  return signAndAttach(context, target, signer, undefined, options);
}

/** The same for any statement about the manifest: how it was built, what it was tested for. */
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
  // Before anything is signed: logs of signatures are public, and for ever.
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
