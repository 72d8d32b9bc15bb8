import { open } from "node:fs/promises";
import { textOfBytes } from "@blob/core/text";
import type { Config, LoadedConfig } from "./config.js";
import { ConfigError } from "./config-error.js";
import type { ConfigPath } from "./config-path.js";

/** Thousands of aliases and policies; what is larger is no configuration. */
const maxBytes = 1024 * 1024;

/**
 * Reads the configuration. A file that does not exist is an empty one, unless somebody named it.
 *
 * @throws ConfigError
 */
export async function loadConfig({ file, named }: ConfigPath): Promise<LoadedConfig> {
  if (file === undefined) return { file, exists: false, config: {} };
  const text = await readConfigText(file);
  if (text === undefined) {
    if (named) throw new ConfigError(file, "there is no such file");
    return { file, exists: false, config: {} };
  }
  return { file, exists: true, config: await parse(text, file) };
}

/** The file's text; undefined when there is none. @throws ConfigError */
export async function readConfigText(file: string): Promise<string | undefined> {
  try {
    const handle = await open(file, "r");
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw new ConfigError(file, "it is not a file");
      if (stat.size > maxBytes) throw new ConfigError(file, "it is larger than 1 MiB");
      return textOfBytes(await handle.readFile());
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new ConfigError(file, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The YAML parser is loaded for a file that has something in it. */
async function parse(text: string, file: string): Promise<Config> {
  if (text.trim() === "") return {};
  return (await import("./parse-config.js")).parseConfig(text, file);
}
