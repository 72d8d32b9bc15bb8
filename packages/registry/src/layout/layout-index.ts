import path from "node:path";
import { RegistryError } from "../errors.js";
import type { LeftOut } from "../left-out.js";
import { parseJsonObject } from "../manifest/manifest-content.js";
import { messageText } from "@blob/core/text";
import { makeDirectory, replaceFile } from "./durable-file.js";
import { fileError } from "./file-error.js";
import type { GoodEntry, LayoutEntry } from "./layout-entries.js";
import { isGood, readEntry } from "./layout-entries.js";
import type { HeldLock } from "./layout-lock.js";
import { withLayoutLock } from "./layout-lock.js";
import { openRegularFile, readSmallFile } from "./regular-file.js";
import { sweepTemporaryFiles } from "./temporary-files.js";

/** Some 250,000 manifests. */
export const maxIndexBytes: number = 64 * 1024 * 1024;

/** What the file `oci-layout` needs, many times over. */
const maxVersionBytes = 64 * 1024;

const layoutVersion = "1.0.0";

/** How often to change an index anew, after others gave this process up in the middle. */
const maxChanges = 3;

/** The `index.json` of a layout: its entries, good and bad, and whatever else it holds, kept as it is. */
export interface LayoutIndex {
  readonly entries: readonly LayoutEntry[];
  readonly rest: Readonly<Record<string, unknown>>;
}

export interface ReadIndexOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told about each entry that is no good, or whose tag is none. */
  readonly onLeftOut?: ((what: LeftOut) => void) | undefined;
}

/**
 * The index of a layout; undefined when there is no layout. Entries that are no good do not hide the others.
 *
 * @throws RegistryError `Rejected` for a directory that holds something else, `Unsupported` for a layout to come,
 *   `SizeExceeded` for an index of more than 64 MiB, `FileSystem`.
 */
export async function readLayoutIndex(
  directory: string,
  { signal, onLeftOut }: ReadIndexOptions = {},
): Promise<LayoutIndex | undefined> {
  const hasVersion = await checkVersion(directory, signal);
  const json = await readJson(directory, "index.json", maxIndexBytes, signal);
  if (!hasVersion) {
    if (json === undefined) return undefined;
    throw notALayout(directory, "it has an index.json and no oci-layout file");
  }
  if (json === undefined) return { entries: [], rest: {} };
  const { manifests, ...rest } = json;
  // What a program in Go writes for a list that is empty.
  if (manifests === null) return { entries: [], rest };
  if (!Array.isArray(manifests)) throw notALayout(directory, "its index.json has no list of manifests");
  const entries = manifests.map((one: unknown) => readEntry(one));
  if (onLeftOut !== undefined) {
    for (const { leftOut } of entries) if (leftOut !== undefined) onLeftOut(leftOut);
  }
  return { entries, rest };
}

/** The entry that a tag names. Tools disagree about duplicates; the last one is the newest for most. */
export function findTag({ entries }: LayoutIndex, tag: string): GoodEntry | undefined {
  return entries.filter(isGood).findLast((entry) => entry.tag === tag);
}

/**
 * Before anything is written into a directory: whether it can be a layout. Does not read the index, which may be large.
 *
 * @throws RegistryError as {@link readLayoutIndex} does.
 */
export async function requireLayoutOrNothing(directory: string): Promise<void> {
  if (await checkVersion(directory, undefined)) return;
  const file = path.join(directory, "index.json");
  try {
    const opened = await openRegularFile(file);
    if (opened === undefined) return;
    await opened.handle.close();
  } catch (error) {
    throw fileError(file, error);
  }
  throw notALayout(directory, "it has an index.json and no oci-layout file");
}

/**
 * Creates the layout unless it is there, then changes its index under the lock: readers see the old or the new one, and
 * so does whoever comes after a crash.
 */
export async function updateLayoutIndex(
  directory: string,
  change: (entries: readonly LayoutEntry[]) => readonly LayoutEntry[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const update = async (lock: HeldLock): Promise<boolean> => {
    const index = await readLayoutIndex(directory);
    // First: an index without this file is refused, should we end between the two.
    if (index === undefined) {
      const version = `{"imageLayoutVersion":"${layoutVersion}"}\n`;
      await replaceFile(path.join(directory, "oci-layout"), version, async () => true);
    }
    const { entries, rest } = index ?? { entries: [], rest: {} };
    const content = serialize(directory, rest, change(entries));
    return replaceFile(path.join(directory, "index.json"), content, lock.isHeld);
  };
  try {
    await makeDirectory(directory);
    await sweepTemporaryFiles(directory);
    for (let times = 0; times < maxChanges; times += 1) {
      if (await withLayoutLock(directory, update, options)) return;
    }
  } catch (error) {
    throw fileError(directory, error);
  }
  const message = `${directory}: other processes took the lock again and again, because this one gave no sign of life; try again`;
  throw new RegistryError("Conflict", message, { host: directory });
}

function serialize(
  directory: string,
  rest: Readonly<Record<string, unknown>>,
  entries: readonly LayoutEntry[],
): string {
  const json = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    ...rest,
    manifests: entries.map((entry) => entry.json),
  };
  let content: string;
  try {
    content = `${JSON.stringify(json)}\n`;
  } catch (cause) {
    // What is nested tens of thousands of levels deep can be read and not be written again.
    const message = `${directory}: its index.json holds what cannot be written again; nothing was changed`;
    throw new RegistryError("Rejected", message, { host: directory, cause });
  }
  if (Buffer.byteLength(content) > maxIndexBytes) {
    const message = `${directory}: its index.json would be larger than ${maxIndexBytes} bytes; nothing was changed. Delete manifests, or use another layout`;
    throw new RegistryError("SizeExceeded", message, { host: directory });
  }
  return content;
}

/** Whether there is an `oci-layout` file, of the version that is known. */
async function checkVersion(directory: string, signal: AbortSignal | undefined): Promise<boolean> {
  const version = await readJson(directory, "oci-layout", maxVersionBytes, signal);
  if (version === undefined) return false;
  const { imageLayoutVersion } = version;
  if (imageLayoutVersion === layoutVersion) return true;
  const found = typeof imageLayoutVersion === "string" ? messageText(imageLayoutVersion) : "that is none";
  const message = `${directory}: the OCI layout has a version ${found}, and only ${layoutVersion} is known`;
  throw new RegistryError("Unsupported", message, { host: directory });
}

async function readJson(
  directory: string,
  name: string,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const file = path.join(directory, name);
  try {
    const bytes = await readSmallFile(file, maxBytes, signal);
    if (bytes === undefined) return undefined;
    const json = parseJsonObject(bytes);
    if (json === undefined) throw notALayout(directory, `${name} is not JSON`);
    return json;
  } catch (error) {
    throw fileError(file, error);
  }
}

function notALayout(directory: string, why: string): RegistryError {
  return new RegistryError("Rejected", `${directory} is not an OCI layout: ${why}`, { host: directory });
}
