import type { Descriptor } from "@blob/registry";
import { ClientError } from "./errors.js";
import { parseLocation, referenceOf, writableTag } from "./location.js";
import type { VerbContext, VerbOptions } from "./verb-context.js";

/**
 * Points a tag at what another reference of the same repository names: the same bytes, so the same digest.
 *
 * @throws ClientError `InvalidArgument` for two repositories, `InvalidReference` for a destination without a tag.
 */
export async function tag(
  { registries }: VerbContext,
  source: string,
  destination: string,
  { signal }: VerbOptions = {},
): Promise<Descriptor> {
  const from = parseLocation(source);
  const to = parseLocation(destination);
  const { registry } = registries.open(from, { askForTags: true });
  if (registries.open(to).registry.id !== registry.id || to.repository !== from.repository) {
    const message = `${source} and ${destination} are in different repositories: a tag stays in its repository`;
    throw new ClientError("InvalidArgument", message, { reference: destination });
  }
  const newTag = writableTag(to);
  const { descriptor, bytes } = await registry.manifest(from.repository, referenceOf(from), { signal });
  const { mediaType } = descriptor;
  return registry.pushManifest(from.repository, { mediaType, bytes }, { tag: newTag, signal });
}
