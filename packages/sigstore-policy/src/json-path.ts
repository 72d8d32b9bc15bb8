/** What is at a path of JSON that somebody else wrote; undefined where the path leads nowhere. */
export function valueAt(json: unknown, ...path: readonly (string | number)[]): unknown {
  let value = json;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Object.getOwnPropertyDescriptor(value, key)?.value;
  }
  return value;
}

/** The text at a path, as {@link valueAt} finds it; empty when there is none. */
export function textAt(json: unknown, ...path: readonly (string | number)[]): string {
  const value = valueAt(json, ...path);
  return typeof value === "string" ? value : "";
}

/** The list at a path, as {@link valueAt} finds it; empty when there is none. */
export function listAt(json: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const value = valueAt(json, ...path);
  return Array.isArray(value) ? value : [];
}
