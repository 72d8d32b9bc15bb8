import type { Descriptor } from "@blob/registry";
import { ClientError } from "../errors.js";
import { parseLocation, writableTag } from "../location.js";
import { readManifest } from "./read-manifest.js";
import type { ReadVerbOptions, VerbContext } from "./verb-context.js";

/**
 * Points a tag at what another reference of the same repository names: the same bytes, so the same digest. What a policy
 * refuses gets no tag.
 *
 * @throws ClientError `PolicyViolation`, `InvalidArgument` for two repositories, `InvalidReference` for a destination
 *   without a tag.
 */
export async function tag(
  context: VerbContext,
  source: string,
  destination: string,
  options: ReadVerbOptions = {},
): Promise<Descriptor> {
  const { registries } = context;
  const from = parseLocation(source);
  const to = parseLocation(destination);
  const { id } = registries.open(from, { askForTags: true }).registry;
  if (registries.open(to).registry.id !== id || to.repository !== from.repository) {
    const message = `${source} and ${destination} are in different repositories: a tag stays in its repository`;
    throw new ClientError("InvalidArgument", message, { reference: destination });
  }
  const newTag = writableTag(to);
  const { registry, manifest } = await readManifest(context, source, { ...options, askForTags: true });
  const { descriptor, bytes } = manifest;
  const { mediaType } = descriptor;
  return registry.pushManifest(
    from.repository,
    { mediaType, bytes },
    { tag: newTag, signal: options.signal },
  );
}
