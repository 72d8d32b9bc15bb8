import type { Manifest } from "@blob/registry";
import type { Location } from "./location.js";
import { parseLocation, referenceOf } from "./location.js";
import { enforcePolicies } from "./policies.js";
import type { OpenedRegistry, OpenRegistryOptions } from "./registries.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

/** A manifest of any kind, verified and accepted by the policies. */
export interface ReadManifest extends OpenedRegistry {
  readonly location: Location;
  readonly manifest: Manifest;
}

/** Gets a manifest with one request, verifies it, and asks the policies. Nothing has parsed it yet. */
export async function readManifest(
  { lifetime, registries, policies }: VerbContext,
  reference: string,
  options: ReadVerbOptions & OpenRegistryOptions = {},
): Promise<ReadManifest> {
  const { signal } = options;
  const location = parseLocation(reference);
  const opened = registries.open(location, options);
  const { repository } = location;
  const manifest = await opened.registry.manifest(repository, referenceOf(location), { signal });
  const subject = { lifetime, ...opened, repository, manifest };
  await enforcePolicies([...policies, ...(options.policies ?? [])], subject, reference, signal);
  return { ...opened, location, manifest };
}
