import { isMap, isScalar, parseDocument } from "yaml";
import { replaceConfig } from "./edit-config.js";
import type { Schema } from "./config-schema.js";
import { configSchema, keyOf, schemaAt } from "./config-schema.js";
import { readConfigText } from "./load-config.js";
import { parseConfig } from "./parse-config.js";

/** A key that was written in another spelling. */
export interface RenamedKey {
  readonly from: string;
  readonly to: string;
}

/**
 * Writes the keys of the file in our spelling. Values, comments and order stay; the file is replaced at once, and not
 * touched when there is nothing to rename.
 *
 * @throws ConfigError when the file is broken.
 */
export async function migrateConfig(file: string): Promise<readonly RenamedKey[]> {
  const text = await readConfigText(file);
  if (text === undefined) return [];
  parseConfig(text, file);
  const document = parseDocument(text, { schema: "core" });
  const renamed: RenamedKey[] = [];
  renameKeys(document.contents, configSchema, "", renamed);
  if (renamed.length === 0) return [];
  const migrated = document.toString();
  parseConfig(migrated, file);
  await replaceConfig(file, migrated);
  return renamed;
}

function renameKeys(node: unknown, schema: Schema, at: string, renamed: RenamedKey[]): void {
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    const own = keyOf(name, schema);
    if (own !== name) {
      renamed.push({ from: at + name, to: at + own });
      key.value = own;
    }
    const inner = schemaAt(name, schema);
    if (inner !== undefined) renameKeys(value, inner, `${at}${own}.`, renamed);
  }
}
