import path from "node:path";
import type { Digest } from "../descriptor.js";
import { parseDigest } from "../digest.js";
import { RegistryError } from "../errors.js";
import { checkRepository } from "../reference.js";

/** Names inside of a layout: a repository of such a name would lie inside of another repository's files. */
const reserved: ReadonlySet<string> = new Set(["blobs", "index.json", "oci-layout"]);

/**
 * The directory of a repository: the root itself for "", else below it. The grammar of names has no dots that lead
 * upwards, and nothing that is special on any file system but its length.
 *
 * @throws RegistryError `InvalidReference`
 */
export function layoutDirectory(root: string, repository: string): string {
  if (repository === "") return root;
  checkRepository(repository);
  const parts = repository.split("/");
  const taken = parts.find((part) => reserved.has(part));
  if (taken !== undefined) {
    const message = `a repository in a directory cannot be called ${repository}: ${taken} is a name of the OCI layout`;
    throw new RegistryError("InvalidReference", message, { host: root, reference: repository });
  }
  return path.join(root, ...parts);
}

/** The file of a blob, which is there or not. */
export function blobPath(directory: string, digest: Digest): string {
  const { algorithm, hex } = parseDigest(digest);
  return path.join(directory, "blobs", algorithm, hex);
}
