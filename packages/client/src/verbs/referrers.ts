import type { Descriptor, Digest } from "@blob/registry";
import { isDigest } from "@blob/registry";
import type { Location } from "../location.js";
import { parseLocation, referenceOf } from "../location.js";
import type { ListVerbOptions, LookUpOptions, VerbContext } from "./verb-context.js";

/** Which referrers are listed, and whether the cache is used. */
export interface ReferrersVerbOptions extends LookUpOptions, ListVerbOptions {
  /** Only referrers of this type. Default: all. */
  readonly artifactType?: string | undefined;
}

/**
 * What refers to a manifest, such as signatures and attestations: not verified, only listed. One request for a digest,
 * one more for a tag.
 */
export async function referrers(
  context: VerbContext,
  reference: string,
  options: ReferrersVerbOptions = {},
): Promise<readonly Descriptor[]> {
  const location = parseLocation(reference);
  const named = referenceOf(location);
  if (isDigest(named)) return referrersOf(context, location, named, options);
  const { registry } = context.registries.open(location, options);
  const { digest } = await registry.resolve(location.repository, named, { signal: options.signal });
  return referrersOf(context, location, digest, options);
}

/** What refers to the manifest of this digest in the repository of a location. */
export async function referrersOf(
  { registries }: VerbContext,
  location: Location,
  digest: Digest,
  { artifactType, signal, onLeftOut }: ReferrersVerbOptions,
): Promise<readonly Descriptor[]> {
  const found: Descriptor[] = [];
  const all = registries
    .open(location)
    .registry.referrers(location.repository, digest, { artifactType, signal, onLeftOut });
  for await (const one of all) found.push(one);
  return found;
}
