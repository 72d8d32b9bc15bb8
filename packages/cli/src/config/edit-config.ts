import { chmod, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { randomBytes } from "node:crypto";
import { parseDocument } from "yaml";
import { ConfigError } from "./config-error.js";
import { readConfigText } from "./load-config.js";
import { parseConfig } from "./parse-config.js";

/**
 * Sets or, with undefined, removes a value of the configuration file, and keeps all else: comments, order, style. The
 * file is replaced at once, after its new text was checked; it is made when there is none. False when there was nothing
 * to remove.
 *
 * @throws ConfigError for a file that is broken already, and for a value that does not belong there.
 */
export async function editConfig(
  file: string,
  keys: readonly string[],
  value: string | undefined,
): Promise<boolean> {
  const text = (await readConfigText(file)) ?? "";
  parseConfig(text, file);
  const document = parseDocument(text, { schema: "core" });
  if (value === undefined) {
    if (!document.hasIn(keys)) return false;
    document.deleteIn(keys);
  } else {
    // As YAML would read it: `true` is a boolean, `512MiB` a string.
    document.setIn(keys, parseDocument(value, { schema: "core" }).toJS() as unknown);
  }
  const edited = document.toString();
  parseConfig(edited, file);
  await replaceConfig(file, edited);
  return true;
}

/** Puts a new text into the file's place at once. A symbolic link stays one, permissions stay as they are. */
export async function replaceConfig(file: string, text: string): Promise<void> {
  try {
    const target = await realpath(file).catch(() => file);
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
    try {
      const handle = await open(temporary, "wx", 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      const mode = await stat(target).then(
        (found) => found.mode & 0o777,
        () => undefined,
      );
      if (mode !== undefined) await chmod(temporary, mode);
      await rename(temporary, target);
    } finally {
      await rm(temporary, { force: true });
    }
  } catch (error) {
    throw new ConfigError(
      file,
      `it could not be written: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
