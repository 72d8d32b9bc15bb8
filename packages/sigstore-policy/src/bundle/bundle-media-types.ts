import { bundleMediaType } from "./bundle-json.js";

/** How bundles were called before. Cosign finds all of them, whichever is written. */
export const olderBundleMediaTypes: readonly string[] = [
  "application/vnd.dev.sigstore.bundle+json;version=0.3",
  "application/vnd.dev.sigstore.bundle+json;version=0.2",
  "application/vnd.dev.sigstore.bundle+json;version=0.1",
];

export function isBundleMediaType(type: string): boolean {
  return type === bundleMediaType || olderBundleMediaTypes.includes(type);
}
