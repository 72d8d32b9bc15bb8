/** What a policy may do without. Not who has to have signed: an empty issuer or identity stays, and is refused. */
const optionalMappings = new Set(["signature", "provenance", "keyless", "key", "slsa"]);
const optionalTexts = new Set(["path", "url", "builder", "repository", "branch", "tag"]);

/**
 * A policy of the configuration without the nulls and empty texts that the Go command writes for keys that nobody set. What
 * requires nothing then is refused by who makes a policy of it.
 */
export function withoutBlanks(policy: unknown): unknown {
  if (typeof policy !== "object" || policy === null || Array.isArray(policy)) return policy;
  return Object.fromEntries(
    Object.entries(policy)
      .filter(
        ([key, value]) =>
          !(value === null && optionalMappings.has(key)) && !(value === "" && optionalTexts.has(key)),
      )
      .map(([key, value]) => [key, withoutBlanks(value)]),
  );
}
