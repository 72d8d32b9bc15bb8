import type { Archive } from "@blob/format";
import { nearest } from "./nearest.js";
import { NotFoundError } from "./not-found-error.js";

/** Does something with paths of an archive. A path that is not there becomes an error that says what is like it. */
export async function withPathHint<T>(archive: Archive, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const path = missingPath(error);
    if (path === undefined || !(error instanceof Error)) throw error;
    throw new NotFoundError(path, `${path} was not found: ${error.message}`, pathLike(archive, path));
  }
}

function missingPath(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "NotFound" || !("path" in error)) {
    return undefined;
  }
  return typeof error.path === "string" ? error.path : undefined;
}

/** What is like it in the directory where it should be; else a file elsewhere that has its name. */
function pathLike(archive: Archive, path: string): string | undefined {
  const at = path.lastIndexOf("/");
  const [parent, name] = [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
  if (archive.isDirectory(parent)) {
    const listed = archive.readDirectory(parent);
    const near = nearest(
      name,
      listed.map((one) => one.name),
    );
    const found = listed.find((one) => one.name === near);
    if (found !== undefined) return found.path;
  }
  for (const entry of archive.entries()) if (entry.path.endsWith(`/${name}`)) return entry.path;
  return undefined;
}
