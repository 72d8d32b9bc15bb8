import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The name of this file: what it is called when the package was not bundled. */
const ownName = "/own-file.js";

/**
 * Where a file of this package is, by its path from this one; nothing when the sources are run, or a bundle: what has the
 * same name near a bundle is somebody else's.
 */
export function ownFile(relative: string): URL | undefined {
  const { url: here }: { readonly url?: string } = import.meta;
  if (here === undefined || !here.startsWith("file:") || !here.endsWith(ownName)) return undefined;
  const url = new URL(relative, here);
  return existsSync(fileURLToPath(url)) ? url : undefined;
}
