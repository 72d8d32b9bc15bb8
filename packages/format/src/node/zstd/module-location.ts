/**
 * The file that this code is in, when it can be told: the bundle, where there is one. A bundle of CommonJS has no
 * `import.meta.url`, and `__filename` instead.
 */
export function moduleLocation(): string | undefined {
  const { url }: { readonly url?: string } = import.meta;
  if (url !== undefined) return url;
  return typeof __filename === "string" ? __filename : undefined;
}
