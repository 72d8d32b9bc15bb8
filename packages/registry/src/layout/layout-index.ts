import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { Descriptor, Digest } from "../descriptor.js";
import { RegistryError } from "../errors.js";
import { parseDescriptor, parseJsonObject } from "../manifest-content.js";
import { printable } from "../printable.js";
import { fileError, isMissing } from "./file-error.js";
import { withLayoutLock } from "./layout-lock.js";

/** Where an entry of the index has its tag (image-spec 1.1, annotations.md). */
const tagAnnotation = "org.opencontainers.image.ref.name";

/** Some 50,000 manifests. */
const maxIndexBytes = 32 * 1024 * 1024;

const layoutVersion = "1.0.0";

/** The `index.json` of a layout: its entries, and whatever else it holds, kept as it is. */
export interface LayoutIndex {
  readonly entries: readonly LayoutEntry[];
  readonly rest: Readonly<Record<string, unknown>>;
}

export interface LayoutEntry {
  readonly descriptor: Descriptor;
  readonly tag: string | undefined;
  /** As it stood in the file: other tools keep fields there that are not ours. */
  readonly json: Readonly<Record<string, unknown>>;
}

/**
 * The index of a layout; undefined when there is no layout.
 *
 * @throws RegistryError `Rejected` for a directory that holds something else, `Unsupported` for a layout to come.
 */
export async function readLayoutIndex(directory: string): Promise<LayoutIndex | undefined> {
  const version = await readJson(directory, "oci-layout");
  const json = await readJson(directory, "index.json");
  if (version === undefined) {
    if (json === undefined) return undefined;
    throw notALayout(directory, "it has an index.json and no oci-layout file");
  }
  if (version["imageLayoutVersion"] !== layoutVersion) {
    const message = `${directory}: the OCI layout has the version ${printable(String(version["imageLayoutVersion"]))}, and only ${layoutVersion} is known`;
    throw new RegistryError("Unsupported", message, { host: directory });
  }
  if (json === undefined) return { entries: [], rest: {} };
  const { manifests, ...rest } = json;
  if (!Array.isArray(manifests)) throw notALayout(directory, "its index.json has no list of manifests");
  return { entries: manifests.map((one: unknown) => readEntry(directory, one)), rest };
}

/** The entry that a tag names. Tools disagree about duplicates; the last one is the newest for most. */
export function findTag({ entries }: LayoutIndex, tag: string): LayoutEntry | undefined {
  return entries.findLast((entry) => entry.tag === tag);
}

/** Creates the layout unless it is there, then changes its index under the lock: readers see the old or the new one. */
export async function updateLayoutIndex(
  directory: string,
  change: (entries: readonly LayoutEntry[]) => readonly LayoutEntry[],
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const update = async (): Promise<void> => {
    const index = (await readLayoutIndex(directory)) ?? { entries: [], rest: {} };
    const changed = change(index.entries);
    const json = {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      ...index.rest,
      manifests: changed.map((entry) => entry.json),
    };
    await replaceFile(path.join(directory, "index.json"), `${JSON.stringify(json)}\n`);
    if (index.entries.length === 0) {
      await replaceFile(path.join(directory, "oci-layout"), `{"imageLayoutVersion":"${layoutVersion}"}\n`);
    }
  };
  try {
    await mkdir(directory, { recursive: true });
    await withLayoutLock(directory, update, options);
  } catch (error) {
    throw fileError(directory, error);
  }
}

/** The entries with a manifest in them: under its tag, taken from whoever had it, or without one. */
export function withManifest(
  entries: readonly LayoutEntry[],
  descriptor: Descriptor,
  tag: string | undefined,
): readonly LayoutEntry[] {
  const isKnown = entries.some((entry) => entry.descriptor.digest === descriptor.digest);
  if (tag === undefined && isKnown) return entries;
  const annotations = tag === undefined ? {} : { annotations: { [tagAnnotation]: tag } };
  const added: LayoutEntry = { descriptor, tag, json: { ...descriptor, ...annotations } };
  const kept = entries.filter((entry) => {
    const losesTag = tag !== undefined && entry.tag === tag;
    const isUntaggedTwin = entry.tag === undefined && entry.descriptor.digest === descriptor.digest;
    return !losesTag && !isUntaggedTwin;
  });
  return [...kept, added];
}

/** The entries without a manifest; or without its tag only, which leaves it in the index so that it is not garbage. */
export function withoutManifest(
  entries: readonly LayoutEntry[],
  digest: Digest,
  tag: string | undefined,
): readonly LayoutEntry[] {
  if (tag === undefined) return entries.filter((entry) => entry.descriptor.digest !== digest);
  const kept = entries.filter((entry) => entry.tag !== tag);
  const [lost] = entries.filter((entry) => entry.tag === tag && entry.descriptor.digest === digest);
  if (lost === undefined || kept.some((entry) => entry.descriptor.digest === digest)) return kept;
  const { mediaType, size } = lost.descriptor;
  return withManifest(kept, { mediaType, digest, size }, undefined);
}

async function readJson(
  directory: string,
  name: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const file = path.join(directory, name);
  try {
    const { size } = await stat(file);
    if (size > maxIndexBytes) {
      throw new RegistryError("SizeExceeded", `${file} is larger than ${maxIndexBytes} bytes`, {
        host: directory,
      });
    }
    const json = parseJsonObject(await readFile(file));
    if (json === undefined) throw notALayout(directory, `${name} is not JSON`);
    return json;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileError(file, error);
  }
}

function readEntry(directory: string, value: unknown): LayoutEntry {
  const descriptor = parseDescriptor(value);
  if (descriptor === undefined || typeof value !== "object")
    throw notALayout(directory, "its index.json holds something that is no descriptor");
  return { descriptor, tag: descriptor.annotations?.[tagAnnotation], json: { ...value } };
}

function notALayout(directory: string, why: string): RegistryError {
  return new RegistryError("Rejected", `${directory} is not an OCI layout: ${why}`, { host: directory });
}

/** Readers and crashes see the old file or the new one, never a part. */
async function replaceFile(file: string, content: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, "wx", 0o644);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
