import { parseLocation } from "./location.js";
import type { VerbContext, VerbOptions } from "./verb-context.js";

/** The tags of a repository, page by page as they are asked for. A tag or digest in the reference is not looked at. */
export function tags(
  { registries }: VerbContext,
  repository: string,
  { signal }: VerbOptions = {},
): AsyncIterable<string> {
  const location = parseLocation(repository);
  return registries.open(location).registry.tags(location.repository, { signal });
}
