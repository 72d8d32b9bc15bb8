import type { Digest } from "../descriptor.js";
import { parseDigest } from "../digest.js";
import { isRegistryError } from "../errors.js";
import type { LeftOut } from "../left-out.js";
import { nameOf } from "../reference.js";
import type { Registry } from "../registry.js";

/** What cosign calls signatures, attestations and SBOMs of a digest where it does not use referrers. */
const suffixes = ["sig", "att", "sbom"] as const;

/** Answers by which registries also say that a tag is not there. */
const absent: ReadonlySet<string> = new Set(["NotFound", "Unauthorized", "Forbidden", "Unsupported"]);

/**
 * The tags that belong to a manifest by nothing but their name, so that no copy of it carries them. Three requests
 * without a body at once. Never rejects: what could not be asked for is named as well; after an abort there is nothing.
 */
export async function findLegacyTags(
  registry: Registry,
  repository: string,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<readonly LeftOut[]> {
  const { algorithm, hex } = parseDigest(subject);
  const found = await Promise.all(
    suffixes.map(async (suffix): Promise<readonly LeftOut[]> => {
      const name = `${algorithm}-${hex}.${suffix}`;
      // No tag is that long: it cannot be there.
      if (name.length > 128) return [];
      try {
        await registry.resolve(repository, name, { signal });
        const why = `nothing but its name ties it to the artifact; copy ${nameOf(repository, name)} by itself if you need it`;
        return [{ kind: "tag", name, why }];
      } catch (error) {
        if (signal?.aborted === true || (isRegistryError(error) && absent.has(error.code))) return [];
        const reason = error instanceof Error ? error.message : "the registry failed";
        return [{ kind: "tag", name, why: `whether there is such a tag could not be found out: ${reason}` }];
      }
    }),
  );
  return found.flat();
}
