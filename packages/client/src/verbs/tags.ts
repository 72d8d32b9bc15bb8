import { parseLocation } from "../location.js";
import type { ListVerbOptions, VerbContext } from "./verb-context.js";

/** The tags of a repository, page by page as they are asked for. A tag or digest in the reference is not looked at. */
export function tags(
  { lifetime, registries }: VerbContext,
  repository: string,
  { onLeftOut, ...options }: ListVerbOptions = {},
): AsyncIterable<string> {
  const location = parseLocation(repository);
  return lifetime.iterate(options.signal, (signal) =>
    registries.open(location).registry.tags(location.repository, { signal, onLeftOut }),
  );
}
