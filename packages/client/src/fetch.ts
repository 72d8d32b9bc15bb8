import type { Registry } from "@blob/registry";
import type { ArchiveManifest } from "./archive-manifest.js";
import { parseArchiveManifest } from "./archive-manifest.js";
import type { Location } from "./location.js";
import { parseLocation, referenceOf } from "./location.js";
import { enforcePolicies } from "./policies.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

/** A trusted manifest, and where what it names can be read. */
export interface FetchedManifest {
  readonly location: Location;
  readonly registry: Registry;
  readonly manifest: ArchiveManifest;
}

/**
 * Gets the manifest of an archive with one request, verifies it, asks the policies and only then parses it.
 */
export async function fetchManifest(
  { registries, policies }: VerbContext,
  reference: string,
  options: ReadVerbOptions = {},
): Promise<FetchedManifest> {
  const { signal } = options;
  const location = parseLocation(reference);
  const registry = registries.open(location);
  const { repository } = location;
  const manifest = await registry.manifest(repository, referenceOf(location), { signal });
  const subject = { registry, repository, manifest };
  await enforcePolicies([...policies, ...(options.policies ?? [])], subject, reference, signal);
  return { location, registry, manifest: parseArchiveManifest(manifest, reference) };
}
