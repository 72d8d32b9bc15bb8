import type { Digest } from "./descriptor.js";
import { RegistryError } from "./errors.js";
import { nameOf } from "./reference.js";

/** @throws RegistryError `NotFound`, with the same words everywhere. */
export function manifestNotFound(host: string, repository: string, reference: string): RegistryError {
  const name = nameOf(repository, reference);
  return new RegistryError("NotFound", `${host}: there is no manifest ${name}: check the name and the tag`, {
    host,
    reference: name,
    what: reference.includes(":") ? "manifest" : "reference",
  });
}

/** @throws RegistryError `NotFound`, with the same words everywhere. */
export function repositoryNotFound(host: string, repository: string): RegistryError {
  const message = `${host}: there is no repository ${repository}`;
  return new RegistryError("NotFound", message, { host, reference: repository, what: "repository" });
}

/** @throws RegistryError `NotFound`, with the same words everywhere. */
export function blobNotFound(host: string, repository: string, digest: Digest): RegistryError {
  const message = `${host}: the repository ${repository} does not have the blob ${digest}`;
  return new RegistryError("NotFound", message, { host, reference: repository, digest, what: "blob" });
}
