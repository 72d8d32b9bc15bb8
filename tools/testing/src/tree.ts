import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** A directory that is removed with everything in it: `await using directory = await createTemporaryDirectory()`. */
export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
  remove(): Promise<void>;
}

export async function createTemporaryDirectory(prefix: string = "blob-test-"): Promise<TemporaryDirectory> {
  const directory = await mkdtemp(path.join(tmpdir(), prefix));
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  return { path: directory, remove, [Symbol.asyncDispose]: remove };
}

/** Writes files below a directory: `writeTree(root, { "a/b.txt": "content" })`. */
export async function writeTree(
  root: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content, { mode: 0o644 });
  }
}
