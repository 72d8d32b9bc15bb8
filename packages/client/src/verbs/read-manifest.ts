import type { Manifest } from "@blob/registry";
import { archiveIn } from "../manifest/archive-in-index.js";
import type { Location } from "../location.js";
import { parseLocation, referenceOf } from "../location.js";
import { enforcePolicies } from "./policies.js";
import type { OpenedRegistry, OpenRegistryOptions } from "../registries.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

/** A manifest of any kind, verified and accepted by the policies. */
export interface ReadManifest extends OpenedRegistry {
  readonly location: Location;
  readonly manifest: Manifest;
}

export interface ReadManifestOptions extends ReadVerbOptions, OpenRegistryOptions {
  /** Read the archive of an image index, and not the index. Default false: what the reference names. */
  readonly archiveInIndex?: boolean | undefined;
}

/**
 * Gets a manifest with one request, verifies it, and asks the policies about what is going to be read: for the archive in
 * an image index its own manifest, with one request more. Nothing else has parsed it yet.
 */
export async function readManifest(
  { lifetime, registries, policies }: VerbContext,
  reference: string,
  options: ReadManifestOptions = {},
): Promise<ReadManifest> {
  const { signal, onLeftOut } = options;
  const location = parseLocation(reference);
  const opened = registries.open(location, options);
  const { repository } = location;
  const named = await opened.registry.manifest(repository, referenceOf(location), { signal });
  const place = { registry: opened.registry, repository, reference, signal, onLeftOut };
  const manifest = options.archiveInIndex === true ? await archiveIn(named, place) : named;
  const subject = { lifetime, ...opened, repository, manifest, onLeftOut };
  await enforcePolicies([...policies, ...(options.policies ?? [])], subject, reference, signal);
  return { ...opened, location, manifest };
}
