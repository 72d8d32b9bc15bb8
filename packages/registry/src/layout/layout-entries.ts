import type { Descriptor, Digest } from "../descriptor.js";
import type { LeftOut } from "../left-out.js";
import { parseDescriptor, whyNoDescriptor } from "../manifest/manifest-content.js";
import { messageText } from "@blob/core/text";
import { isTag } from "../reference.js";

/** Where an entry of the index has its tag (image-spec 1.1, annotations.md). */
const tagAnnotation = "org.opencontainers.image.ref.name";

/** An element of a layout's list of manifests. */
export interface LayoutEntry {
  /** Undefined when it is none: then nothing finds the entry, and it stays in the file as it stands. */
  readonly descriptor: Descriptor | undefined;
  readonly tag: string | undefined;
  /** What of it cannot be used. */
  readonly leftOut: LeftOut | undefined;
  /** As it stood in the file: other tools keep fields there that are not ours. */
  readonly json: unknown;
}

/** An entry that names a manifest. */
export interface GoodEntry extends LayoutEntry {
  readonly descriptor: Descriptor;
}

export function isGood(entry: LayoutEntry): entry is GoodEntry {
  return entry.descriptor !== undefined;
}

/** Every value is an entry; those that other tools, or accidents, left there may be no good. */
export function readEntry(json: unknown): LayoutEntry {
  const descriptor = parseDescriptor(json);
  const written = writtenTag(json);
  if (descriptor === undefined) {
    const why = whyNoDescriptor(json) ?? "it is no descriptor";
    const leftOut = { kind: "descriptor", name: nameOf(json, written), why } as const;
    return { descriptor, tag: undefined, leftOut, json };
  }
  if (written === undefined || (typeof written === "string" && isTag(written))) {
    return { descriptor, tag: written, leftOut: undefined, json };
  }
  const name = typeof written === "string" ? messageText(written) : descriptor.digest;
  const why = "its org.opencontainers.image.ref.name is not a tag (letters, digits, _, . and -, at most 128)";
  return { descriptor, tag: undefined, leftOut: { kind: "tag", name, why }, json };
}

/** The tag that an entry has or would have, were it any good. */
export function writtenTag(json: unknown): unknown {
  return fieldOf(fieldOf(json, "annotations"), tagAnnotation);
}

/**
 * The entries with a manifest in them: under its tag, taken from whoever had it, or without one. What other tools wrote
 * beside the same manifest stays.
 */
export function withManifest(
  entries: readonly LayoutEntry[],
  descriptor: Descriptor,
  tag: string | undefined,
): readonly LayoutEntry[] {
  const { digest } = descriptor;
  const isKnown = entries.some((entry) => entry.descriptor?.digest === digest);
  if (tag === undefined) return isKnown ? entries : [...entries, entryOf(descriptor, undefined, {})];
  const isReplaced = (entry: LayoutEntry): boolean => entry.tag === tag || isUntagged(entry, digest);
  const before = entries.findLast((entry) => isReplaced(entry) && entry.descriptor?.digest === digest);
  return [...entries.filter((entry) => !isReplaced(entry)), entryOf(descriptor, tag, before?.json)];
}

/** The entries without a manifest; or without its tag only, which leaves it in the index so that it is not garbage. */
export function withoutManifest(
  entries: readonly LayoutEntry[],
  digest: Digest,
  tag: string | undefined,
): readonly LayoutEntry[] {
  if (tag === undefined) return entries.filter((entry) => entry.descriptor?.digest !== digest);
  const kept = entries.filter((entry) => entry.tag !== tag);
  const lost = entries.find((entry) => entry.tag === tag && entry.descriptor?.digest === digest);
  if (lost?.descriptor === undefined || kept.some((entry) => entry.descriptor?.digest === digest))
    return kept;
  return [...kept, entryOf(lost.descriptor, undefined, lost.json)];
}

function entryOf(descriptor: Descriptor, tag: string | undefined, before: unknown): LayoutEntry {
  const { mediaType, digest, size } = descriptor;
  const { annotations, ...fields } = objectOf(before);
  const { [tagAnnotation]: _moved, ...others } = objectOf(annotations);
  const now = tag === undefined ? others : { ...others, [tagAnnotation]: tag };
  const json = {
    ...fields,
    mediaType,
    digest,
    size,
    ...(Object.keys(now).length === 0 ? {} : { annotations: now }),
  };
  return { descriptor, tag, leftOut: undefined, json };
}

/** One that names a manifest, and nothing by which it is found: another entry can take its place. */
function isUntagged({ descriptor, tag, leftOut }: LayoutEntry, digest: Digest): boolean {
  return descriptor?.digest === digest && tag === undefined && leftOut === undefined;
}

function nameOf(json: unknown, tag: unknown): string {
  const name = [tag, fieldOf(json, "digest")].find((value) => typeof value === "string" && value !== "");
  if (typeof name === "string") return messageText(name);
  return typeof json === "string" ? messageText(json) : "an entry without a name";
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function fieldOf(value: unknown, key: string): unknown {
  const isOwn = typeof value === "object" && value !== null && Object.hasOwn(value, key);
  return isOwn ? Reflect.get(value, key) : undefined;
}
