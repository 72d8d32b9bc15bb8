import { readFileSync, statSync } from "node:fs";
import { HostFileError } from "./host-file-error.js";

/** The authorities of a whole system have some 300 KB. */
const maxBytes = 4 * 1024 * 1024;

/** The text of a file. @throws HostFileError that names the file. */
export function readText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > maxBytes) throw new HostFileError(file, "it is larger than 4 MiB");
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof HostFileError) throw error;
    throw new HostFileError(file, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The same; undefined when there is no such file. */
export function readTextIfThere(file: string): string | undefined {
  return statSync(file, { throwIfNoEntry: false }) === undefined ? undefined : readText(file);
}
