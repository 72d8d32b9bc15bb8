import { readBeginning } from "@blob/core/bytes";
import type { BlobErrorCode } from "@blob/core/errors";
import { isBlobError } from "@blob/core/errors";
import type { BlobId, CallOptions, Descriptor, Digest, Manifest, PolicySubject } from "@blob/registry";
import { bundleMediaType } from "../bundle/bundle-json.js";
import { Refusal } from "../verify/refusal.js";
import { maxBundleBytes } from "../bundle/bundle-size.js";
import { olderBundleMediaTypes } from "../bundle/bundle-media-types.js";
import { bundleOfReferrer } from "./referrer-manifest.js";
import { sharedWork } from "./shared-work.js";

/** More than any registry is asked to list. */
const maxListed = 10_000;
const maxReferrerBytes = 256 * 1024;

/** Of manifests that the listing had to read: they are not asked for again. */
const maxKeptBytes = 4 * 1024 * 1024;

/** A referrer that says it is a bundle, and is none: it has cost one request, and anybody can make any number of them. */
export class NoBundle extends Refusal {}

/** A bundle that is said to be about a subject. Nothing about it is verified, but that its bytes are what they are. */
export interface BundleCandidate {
  /** Of the referrer. */
  readonly digest: Digest;
  /** What the registry says that it states: good for an order, and for nothing else. */
  readonly predicateType: string | undefined;
  /** Two requests, the first time. A bundle that is not as it should be is a `Refusal`, a referrer without one a `NoBundle`. */
  bundle(options: CallOptions): Promise<Uint8Array>;
}

export interface BundleCandidates {
  readonly candidates: readonly BundleCandidate[];
  /** Whether there are more than can be listed. */
  readonly isTruncated: boolean;
}

type Listing = (options: CallOptions) => Promise<BundleCandidates>;

interface SubjectListings {
  readonly first: Listing;
  readonly rest: Listing;
}

const known = new WeakMap<PolicySubject, SubjectListings>();

/** The bundles that refer to a subject: one request, and none when another policy asked for the same subject before. */
export function bundleCandidates(subject: PolicySubject, options: CallOptions): Promise<BundleCandidates> {
  return listingsOf(subject).first(options);
}

/**
 * Bundles that the first list may have hidden: in registries that filter by wrong types, or keep lists in two places. One or
 * two requests; none when the first list was empty, because then everything was looked through for it.
 */
export async function furtherCandidates(
  subject: PolicySubject,
  options: CallOptions,
): Promise<BundleCandidates> {
  const { candidates } = await bundleCandidates(subject, options);
  if (candidates.length === 0) return { candidates, isTruncated: false };
  return listingsOf(subject).rest(options);
}

/** A view of a subject in which nothing further is looked for. */
export interface FirstLook {
  readonly subject: PolicySubject;
  /** Whether a policy would have looked further. */
  wasCutShort(): boolean;
}

/** For policies of which one is enough: those that refuse cost no request while another one may still accept. */
export function firstLook(subject: PolicySubject): FirstLook {
  const look = { ...subject };
  let isShort = false;
  const rest = (): Promise<BundleCandidates> => {
    isShort = true;
    return Promise.resolve({ candidates: [], isTruncated: false });
  };
  known.set(look, { first: listingsOf(subject).first, rest });
  return { subject: look, wasCutShort: () => isShort };
}

function listingsOf(subject: PolicySubject): SubjectListings {
  let listings = known.get(subject);
  if (listings === undefined) {
    const found = new Map<Digest, BundleCandidate>();
    listings = {
      first: sharedWork((options) => listCandidates(subject, found, false, options)),
      rest: sharedWork((options) => listCandidates(subject, found, true, options)),
    };
    known.set(subject, listings);
  }
  return listings;
}

/** Those that are not found yet; they are then. */
async function listCandidates(
  subject: PolicySubject,
  found: Map<Digest, BundleCandidate>,
  exhaustive: boolean,
  { signal }: CallOptions,
): Promise<BundleCandidates> {
  const { registry, repository, manifest } = subject;
  const listed = new Map<Digest, BundleCandidate>();
  const kept = new Map<Digest, Uint8Array>();
  let keptBytes = 0;
  const onManifest = ({ descriptor, bytes }: Manifest): void => {
    if (bytes.length > maxReferrerBytes || keptBytes + bytes.length > maxKeptBytes) return;
    keptBytes += bytes.length;
    kept.set(descriptor.digest, bytes);
  };
  const referrers = registry.referrers(repository, manifest.descriptor.digest, {
    artifactType: bundleMediaType,
    equivalentTypes: olderBundleMediaTypes,
    exhaustive,
    onManifest,
    signal,
  });
  let isTruncated = false;
  for await (const referrer of referrers) {
    if (found.has(referrer.digest) || listed.has(referrer.digest)) continue;
    isTruncated = found.size + listed.size === maxListed;
    if (isTruncated) break;
    listed.set(referrer.digest, candidate(subject, referrer, kept));
  }
  for (const [digest, one] of listed) found.set(digest, one);
  return { candidates: [...listed.values()], isTruncated };
}

function candidate(
  subject: PolicySubject,
  referrer: Descriptor,
  kept: ReadonlyMap<Digest, Uint8Array>,
): BundleCandidate {
  const load = sharedWork(async (options) => {
    try {
      return await loadBundle(subject, referrer, kept, options);
    } catch (error) {
      if (isRefusal(error)) return { message: error.message, isBundle: !(error instanceof NoBundle) };
      throw error;
    }
  });
  return {
    digest: referrer.digest,
    predicateType: referrer.annotations?.["dev.sigstore.bundle.predicateType"],
    async bundle(options) {
      const loaded = await load(options);
      if (loaded instanceof Uint8Array) return loaded;
      throw loaded.isBundle ? new Refusal(loaded.message) : new NoBundle(loaded.message);
    },
  };
}

async function loadBundle(
  subject: PolicySubject,
  referrer: Descriptor,
  kept: ReadonlyMap<Digest, Uint8Array>,
  { signal }: CallOptions,
): Promise<Uint8Array> {
  const { registry, repository } = subject;
  const blob = await blobOf(subject, referrer, kept, signal);
  const body = registry.readBlob(repository, blob, { signal });
  const { bytes, isCut } = await readBeginning(body, maxBundleBytes);
  if (isCut) throw new Refusal("the bundle is larger than its descriptor says");
  return bytes;
}

async function blobOf(
  { registry, repository, manifest }: PolicySubject,
  { digest }: Descriptor,
  kept: ReadonlyMap<Digest, Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<BlobId> {
  try {
    const bytes =
      kept.get(digest) ??
      (await registry.manifest(repository, digest, { signal, maxBytes: maxReferrerBytes })).bytes;
    return bundleOfReferrer(bytes, manifest.descriptor);
  } catch (error) {
    if (isRefusal(error)) throw new NoBundle(error.message);
    throw error;
  }
}

/** Codes of errors of a registry that are the content's fault: anybody who may push can bring them about. */
const contentFaults: readonly BlobErrorCode[] = [
  "NotFound",
  "DigestMismatch",
  "SizeExceeded",
  "InvalidResponse",
];

function isRefusal(error: unknown): error is Error {
  if (error instanceof Refusal) return true;
  return isBlobError(error) && contentFaults.some((code) => code === error.code);
}
