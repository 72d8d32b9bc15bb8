import path from "node:path";
import type { Digest } from "../descriptor.js";
import { parseDigest } from "../digest.js";
import { RegistryError } from "../errors.js";
import { checkRepository } from "../reference.js";

/**
 * What lies in the directory of a layout: a repository of such a name would lie among another repository's files, and could
 * be in their way. Locks and files that are not finished have names that go on after these, with a dot.
 */
const ownNames = /^(?:blobs$|(?:index\.json|oci-layout)(?:\.|$))/u;

/** Whether a repository's part of the path cannot have this name. */
export function isOwnName(part: string): boolean {
  return ownNames.test(part);
}

/** Names that Windows takes for a device in every directory, whatever follows after a dot. */
const windowsDevices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/u;

/**
 * The directory of a repository: the root itself for "", else below it. The grammar of names has no dots that lead
 * upwards or stand at an end, no capital letters that a file system might not tell from small ones, and nothing else that
 * is special on any file system but its length and, on Windows, the names of devices.
 *
 * @throws RegistryError `InvalidReference`
 */
export function layoutDirectory(
  root: string,
  repository: string,
  platform: NodeJS.Platform = process.platform,
): string {
  if (repository === "") return root;
  checkRepository(repository);
  const parts = repository.split("/");
  for (const part of parts) {
    if (isOwnName(part)) throw notHere(root, repository, `${part} is a name of the OCI layout`);
    if (platform === "win32" && windowsDevices.test(part)) {
      throw notHere(root, repository, `${part} is a device on Windows`);
    }
  }
  return path.join(root, ...parts);
}

function notHere(root: string, repository: string, why: string): RegistryError {
  const message = `a repository in a directory cannot be called ${repository}: ${why}`;
  return new RegistryError("InvalidReference", message, { host: root, reference: repository });
}

/** The file of a blob, which is there or not. */
export function blobPath(directory: string, digest: Digest): string {
  const { algorithm, hex } = parseDigest(digest);
  return path.join(directory, "blobs", algorithm, hex);
}
