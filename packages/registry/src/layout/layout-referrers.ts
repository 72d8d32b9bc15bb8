import type { Descriptor, Digest } from "../descriptor.js";
import { digestLike } from "../digest.js";
import { isRegistryError } from "../errors.js";
import { manifestMediaTypes, parseJsonObject, parseManifestContent } from "../manifest/manifest-content.js";
import { defaultMaxManifestBytes } from "../manifest/manifest-rules.js";
import { inOrder } from "@blob/core/concurrency";
import { isOfType, referrersTag, referrerTo } from "../manifest/referrer.js";
import type { ReferrersOptions } from "../registry.js";
import { fileError } from "./file-error.js";
import { readEntry } from "./layout-entries.js";
import type { LayoutIndex } from "./layout-index.js";
import { findTag, maxIndexBytes, readLayoutIndex } from "./layout-index.js";
import { blobPath } from "./layout-path.js";
import { readSmallFile } from "./regular-file.js";

/**
 * Which manifest refers to which, once it was read: content under a digest does not change, and whoever copies asks again
 * for every manifest. Undefined for one without a subject.
 */
export type SubjectMemory = Map<Digest, Digest | undefined>;

/** Some 30 MB. What is not remembered is read again. */
const maxRemembered = 100_000;

/** So many manifests, each of which may have 4 MiB, are in memory at once. */
const atOnce = 16;

const notReferring = "it does not refer to this manifest";

const notHeld = "the layout does not hold it";

/**
 * Who refers to a subject: manifests of the layout's index that say so themselves, and those in the index under the
 * fallback tag (distribution-spec 1.1, "Referrers Tag Schema"), where other tools put them. Types and subjects are those
 * of the manifests, never those of a list. What is listed and cannot be used is left out.
 */
export async function* readReferrers(
  directory: string,
  subject: Digest,
  memory: SubjectMemory,
  options: ReferrersOptions,
): AsyncGenerator<Descriptor, void, undefined> {
  const index = await readLayoutIndex(directory, options);
  if (index === undefined) return;
  const judge = createJudge(directory, subject, memory, options);
  const { onLeftOut } = options;
  const yielded = new Set<Digest>();
  const judgeAll = (listed: readonly Descriptor[]): AsyncIterable<{ readonly digest: Digest } & Judged> =>
    inOrder(
      listed.map((one) => async () => ({ digest: one.digest, ...(await judge(one)) })),
      atOnce,
    );
  for await (const { digest, referrer, why } of judgeAll(ownEntries(index, subject))) {
    // Sparse layouts name manifests that they do not hold, and of what is not there nobody knows to whom it refers.
    if (why !== undefined && why !== notHeld) onLeftOut?.({ kind: "referrer", name: digest, why });
    if (referrer === undefined) continue;
    yielded.add(digest);
    if (isOfType(referrer, options)) yield referrer;
  }
  const fallback = await readFallback(directory, index, subject, options);
  const others = unique(fallback).filter(({ digest }) => !yielded.has(digest));
  for await (const { digest, referrer, why } of judgeAll(others)) {
    if (referrer === undefined) onLeftOut?.({ kind: "referrer", name: digest, why: why ?? notReferring });
    else if (isOfType(referrer, options)) yield referrer;
  }
}

/** All but the index under the fallback tag, which is read by itself. */
function ownEntries({ entries }: LayoutIndex, subject: Digest): readonly Descriptor[] {
  const fallbackTag = referrersTag(subject);
  return unique(entries.flatMap(({ descriptor, tag }) => (tag === fallbackTag ? [] : (descriptor ?? []))));
}

function unique(descriptors: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(descriptors.map((one) => [one.digest, one])).values()];
}

/** A referrer to the subject; or nothing, with a reason when it cannot be had. */
interface Judged {
  readonly referrer?: Descriptor | undefined;
  readonly why?: string | undefined;
}

function createJudge(
  directory: string,
  subject: Digest,
  memory: SubjectMemory,
  { signal, onManifest }: ReferrersOptions,
): (listed: Descriptor) => Promise<Judged> {
  return async ({ digest, mediaType: listedType }) => {
    signal?.throwIfAborted();
    if (memory.has(digest) && memory.get(digest) !== subject) return {};
    const { bytes, why } = await readListed(directory, digest, defaultMaxManifestBytes, signal);
    if (bytes === undefined) return { why };
    const content = parseManifestContent(bytes);
    if (memory.size >= maxRemembered) memory.clear();
    memory.set(digest, content?.subject?.digest);
    const mediaType = content?.mediaType ?? listedType;
    const referrer = referrerTo(subject, { mediaType, digest, bytes });
    if (referrer !== undefined)
      onManifest?.({ descriptor: { mediaType, digest, size: bytes.length }, bytes });
    return { referrer };
  };
}

/** What the index under the fallback tag lists; nothing when the tag is not there, or leads to something else. */
async function readFallback(
  directory: string,
  index: LayoutIndex,
  subject: Digest,
  { signal, onLeftOut }: ReferrersOptions,
): Promise<readonly Descriptor[]> {
  const name = referrersTag(subject);
  const entry = findTag(index, name);
  if (entry === undefined) return [];
  const { digest, mediaType: listedType } = entry.descriptor;
  const leaveOut = (why: string): readonly Descriptor[] => {
    onLeftOut?.({ kind: "tag", name, why });
    return [];
  };
  if (digest === subject) return leaveOut("it leads to the manifest itself, not to a list of its referrers");
  const { bytes, why } = await readListed(directory, digest, maxIndexBytes, signal);
  if (bytes === undefined) return leaveOut(why);
  const { mediaType = listedType, manifests } = parseJsonObject(bytes) ?? {};
  if (mediaType !== manifestMediaTypes.ociIndex || !Array.isArray(manifests)) {
    return leaveOut("it leads to something that is not an image index");
  }
  const good: Descriptor[] = [];
  for (const one of manifests) {
    const { descriptor, leftOut } = readEntry(one);
    if (descriptor !== undefined) good.push(descriptor);
    else if (leftOut !== undefined) onLeftOut?.({ ...leftOut, kind: "referrer" });
  }
  return good;
}

type Listed =
  | { readonly bytes: Uint8Array; readonly why?: undefined }
  | { readonly bytes?: undefined; readonly why: string };

/** A manifest by its digest, whatever size a list claims; or why it cannot be had. */
async function readListed(
  directory: string,
  digest: Digest,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Listed> {
  const file = blobPath(directory, digest);
  try {
    const bytes = await readSmallFile(file, maxBytes, signal);
    if (bytes === undefined) return { why: notHeld };
    return digestLike(digest, bytes) === digest ? { bytes } : { why: "its bytes do not have its digest" };
  } catch (error) {
    signal?.throwIfAborted();
    if (isRegistryError(error)) return { why: error.message };
    throw fileError(file, error);
  }
}
