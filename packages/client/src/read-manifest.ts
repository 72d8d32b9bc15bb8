import type { Manifest, Registry } from "@blob/registry";
import type { Location } from "./location.js";
import { parseLocation, referenceOf } from "./location.js";
import { enforcePolicies } from "./policies.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

/** A manifest of any kind, verified and accepted by the policies. */
export interface ReadManifest {
  readonly location: Location;
  readonly registry: Registry;
  readonly manifest: Manifest;
}

/** Gets a manifest with one request, verifies it, and asks the policies. Nothing has parsed it yet. */
export async function readManifest(
  { registries, policies }: VerbContext,
  reference: string,
  options: ReadVerbOptions = {},
): Promise<ReadManifest> {
  const { signal } = options;
  const location = parseLocation(reference);
  const registry = registries.open(location);
  const { repository } = location;
  const manifest = await registry.manifest(repository, referenceOf(location), { signal });
  const subject = { registry, repository, manifest };
  await enforcePolicies([...policies, ...(options.policies ?? [])], subject, reference, signal);
  return { location, registry, manifest };
}
