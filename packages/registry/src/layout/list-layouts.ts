import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { systemCodeOf } from "@blob/core/files";
import { isRepository } from "../reference.js";
import type { CallOptions } from "../registry.js";
import { fileError } from "./file-error.js";
import { isOwnName } from "./layout-path.js";

/**
 * The repositories below a directory: every directory with a layout whose path is a repository's name. Costs one
 * listing a directory, also of those that hold no layout; symbolic links are not followed.
 *
 * @throws RegistryError `FileSystem`
 */
export async function* listLayouts(
  root: string,
  { signal }: CallOptions,
  repository = "",
): AsyncGenerator<string, void, undefined> {
  signal?.throwIfAborted();
  const entries = await list(path.join(root, repository));
  if (repository !== "" && entries.some((entry) => entry.name === "oci-layout")) yield repository;
  for (const entry of entries) {
    const below = repository === "" ? entry.name : `${repository}/${entry.name}`;
    const canBe = entry.isDirectory() && !isOwnName(entry.name) && isRepository(below);
    if (canBe) yield* listLayouts(root, { signal }, below);
  }
}

async function list(directory: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    // Nobody has pushed yet, or it was removed meanwhile.
    if (systemCodeOf(error) === "ENOENT") return [];
    throw fileError(directory, error);
  }
}
