import type { Descriptor, Registry } from "@blob/registry";
import { isDigest } from "@blob/registry";
import { ClientError } from "../errors.js";
import type { Location } from "../location.js";
import { parseLocation, textOfDigest, writableTag } from "../location.js";
import { readManifest } from "./pull.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

/**
 * Points a tag at an existing manifest of the same repository, without changing it. The source is a reference, or just
 * a digest in the repository of the destination. If a policy refuses the manifest, the tag is not written.
 *
 * @throws ClientError `PolicyViolation`, `InvalidArgument` for two repositories, `InvalidReference` for a destination
 * without a tag.
 */
export async function tag(
  context: VerbContext,
  source: string,
  destination: string,
  options: ReadVerbOptions = {},
): Promise<Descriptor> {
  if (isDigest(destination)) {
    const location = parseLocation(source);
    writableTag(location);
    return point(context, textOfDigest(location, destination), location, options);
  }
  return point(context, source, parseLocation(destination), options);
}

async function point(
  context: VerbContext,
  source: string,
  to: Location,
  options: ReadVerbOptions,
): Promise<Descriptor> {
  const from = parseLocation(source);
  const registryOf = (location: Location): Registry => context.registries.open(location).registry;
  if (registryOf(to).id !== registryOf(from).id || to.repository !== from.repository) {
    const message = `${source} and ${to.text} are in different repositories: a tag stays in its repository`;
    throw new ClientError("InvalidArgument", message, { reference: to.text });
  }
  const newTag = writableTag(to);
  const { registry, manifest } = await readManifest(context, source, options, { askForTags: true });
  const { descriptor, bytes } = manifest;
  const { mediaType } = descriptor;
  return registry.pushManifest(
    from.repository,
    { mediaType, bytes },
    { tag: newTag, signal: options.signal },
  );
}
