import { parseLocation } from "@blob/client";

/** The hosts of the registries among some references. What is none (a directory to compare with, a layout) has no host. */
export function namedHosts(references: Iterable<string>): readonly string[] {
  return [...references].flatMap((reference) => hostOf(reference) ?? []);
}

function hostOf(reference: string): string | undefined {
  try {
    const { place } = parseLocation(reference);
    return place.kind === "registry" ? place.host : undefined;
  } catch {
    return undefined;
  }
}
