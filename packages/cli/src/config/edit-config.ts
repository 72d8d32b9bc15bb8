import { chmod, mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { randomBytes } from "node:crypto";
import type { Document } from "yaml";
import { isMap, isScalar, parseDocument } from "yaml";
import { ConfigError } from "./config-error.js";
import type { Schema } from "./config-schema.js";
import { configSchema, keyOf, schemaAt } from "./config-schema.js";
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
  const written = spelledAs(document, keys);
  if (value === undefined) {
    if (!document.hasIn(written)) return false;
    document.deleteIn(written);
  } else {
    makeRoom(document, written);
    // As YAML would read it: `true` is a boolean, `512MiB` a string.
    document.setIn(written, parseDocument(value, { schema: "core" }).toJS() as unknown);
  }
  const edited = document.toString();
  parseConfig(edited, file);
  await replaceConfig(file, edited);
  return true;
}

/** The keys as the file spells them: what is there is changed, not written a second time. */
function spelledAs(document: Document, keys: readonly string[]): string[] {
  const written: string[] = [];
  let schema: Schema | undefined = configSchema;
  for (const key of keys) {
    const parent: unknown = written.length === 0 ? document.contents : document.getIn(written);
    const current: Schema | undefined = schema;
    const found = isMap(parent)
      ? parent.items
          .map((item) => (isScalar(item.key) ? String(item.key.value) : ""))
          .find(
            (name) => name === key || (current !== undefined && keyOf(name, current) === keyOf(key, current)),
          )
      : undefined;
    written.push(found ?? key);
    schema = current === undefined ? undefined : schemaAt(key, current);
  }
  return written;
}

/** Nulls in the place of mappings give way: `cache: {content: null}`. */
function makeRoom(document: Document, keys: readonly string[]): void {
  for (let length = 1; length < keys.length; length += 1) {
    const above = keys.slice(0, length);
    if (document.hasIn(above) && document.getIn(above) === null) document.deleteIn(above);
  }
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
