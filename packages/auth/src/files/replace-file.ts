import { randomUUID } from "node:crypto";
import { mkdir, open, realpath, rename, rm } from "node:fs/promises";
import path from "node:path";
import { AuthError } from "../errors.js";
import { isMissing } from "@blob/core/files";

/**
 * Puts a new text in the place of a file, readable by its owner only: other programs see the old text or the
 * new one, and never a part, whatever happens. Folders are made as needed. Throws `UnreadableCredentialsFile`.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  try {
    const target = await followLinks(file);
    const temporary = `${target}.${randomUUID()}.tmp`;
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    try {
      await writeNew(temporary, text);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    throw new AuthError("UnreadableCredentialsFile", `${file} cannot be written: check its permissions`, {
      file,
      cause: error,
    });
  }
}

/** People keep such files in repositories of dot files, and link to them: the link has to stay one. */
async function followLinks(file: string): Promise<string> {
  try {
    return await realpath(file);
  } catch (error) {
    if (isMissing(error)) return file;
    throw error;
  }
}

async function writeNew(file: string, text: string): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(text);
    // Or a crash after the renaming may leave an empty file.
    await handle.sync();
  } finally {
    await handle.close();
  }
}
