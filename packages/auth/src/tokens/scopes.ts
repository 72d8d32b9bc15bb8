import type { Scope } from "./authenticator.js";

/** A hostile registry could ask for any number. */
const maxScopes = 64;

interface ParsedScope {
  /** `repository:acme/site`; the whole scope when it has not the usual shape. */
  readonly resource: string;
  readonly actions: readonly string[];
}

function parseScope(scope: Scope): ParsedScope {
  // A resource's name may hold colons (a port, for one); actions never do.
  const colon = scope.lastIndexOf(":");
  if (colon < 0 || scope.indexOf(":") === colon) return { resource: scope, actions: [] };
  return { resource: scope.slice(0, colon), actions: scope.slice(colon + 1).split(",") };
}

/**
 * One scope for each resource, with all actions that any of the scopes names, sorted: equal sets have equal
 * results.
 */
export function mergeScopes(scopes: Iterable<Scope>): Scope[] {
  const byResource = new Map<string, Set<string>>();
  for (const scope of scopes) {
    if (scope === "") continue;
    const { resource, actions } = parseScope(scope);
    const known = byResource.get(resource) ?? new Set();
    if (!byResource.has(resource) && byResource.size >= maxScopes) continue;
    for (const action of actions) known.add(action);
    byResource.set(resource, known);
  }
  return [...byResource]
    .map(([resource, actions]) =>
      actions.size === 0 ? resource : `${resource}:${[...actions].toSorted().join(",")}`,
    )
    .toSorted();
}

/** Whether a token for the granted scopes is good for all of the wanted ones. */
export function coverScopes(granted: readonly Scope[], wanted: readonly Scope[]): boolean {
  const held = granted.map(parseScope);
  return wanted.map(parseScope).every(({ resource, actions }) => {
    const match = held.find((one) => one.resource === resource);
    if (match === undefined) return false;
    return match.actions.includes("*") || actions.every((action) => match.actions.includes(action));
  });
}
