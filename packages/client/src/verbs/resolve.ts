import type { Descriptor } from "@blob/registry";
import { parseLocation, referenceOf } from "../location.js";
import type { LookUpOptions, VerbContext } from "./verb-context.js";

/** What a reference points to. One request at most; nothing is read, so no policy is asked. */
export async function resolve(
  { registries }: VerbContext,
  reference: string,
  options: LookUpOptions = {},
): Promise<Descriptor> {
  const location = parseLocation(reference);
  const { registry } = registries.open(location, options);
  return registry.resolve(location.repository, referenceOf(location), { signal: options.signal });
}
