import type { CallOptions, Descriptor, Digest, PolicySubject } from "@blob/registry";
import { bundleMediaType } from "../sign/bundle-json.js";
import { Refusal } from "../verify/refusal.js";
import { bundleOfReferrer, maxBundleBytes } from "./referrer-manifest.js";
import { sharedWork } from "./shared-work.js";

/** So many referrers are looked at: whoever can push can add any number. */
export const maxReferrers = 100;
const maxReferrerBytes = 256 * 1024;

/** A bundle that is said to be about a subject. Nothing about it is verified, but that its bytes are what they are. */
export interface BundleCandidate {
  /** Of the referrer. */
  readonly digest: Digest;
  /** What the registry says that it states: good for an order, and for nothing else. */
  readonly predicateType: string | undefined;
  /** Two requests, the first time. A referrer or bundle that is not as it should be is a `Refusal`. */
  bundle(options: CallOptions): Promise<Uint8Array>;
}

export interface BundleCandidates {
  readonly candidates: readonly BundleCandidate[];
  /** Whether there are more, which are not looked at. */
  readonly isTruncated: boolean;
}

const known = new WeakMap<PolicySubject, (options: CallOptions) => Promise<BundleCandidates>>();

/** The bundles that refer to a subject: one request, and none when another policy asked for the same subject before. */
export function bundleCandidates(subject: PolicySubject, options: CallOptions): Promise<BundleCandidates> {
  let list = known.get(subject);
  if (list === undefined) {
    list = sharedWork((own) => listCandidates(subject, own));
    known.set(subject, list);
  }
  return list(options);
}

async function listCandidates(subject: PolicySubject, { signal }: CallOptions): Promise<BundleCandidates> {
  const { registry, repository, manifest } = subject;
  const candidates = new Map<Digest, BundleCandidate>();
  const referrers = registry.referrers(repository, manifest.descriptor.digest, {
    artifactType: bundleMediaType,
    signal,
  });
  for await (const referrer of referrers) {
    if (candidates.size === maxReferrers) return { candidates: [...candidates.values()], isTruncated: true };
    if (!candidates.has(referrer.digest)) candidates.set(referrer.digest, candidate(subject, referrer));
  }
  return { candidates: [...candidates.values()], isTruncated: false };
}

function candidate(subject: PolicySubject, referrer: Descriptor): BundleCandidate {
  const load = sharedWork(async (options) => {
    try {
      return await loadBundle(subject, referrer, options);
    } catch (error) {
      if (isRefusal(error)) return { refusal: error.message };
      throw error;
    }
  });
  return {
    digest: referrer.digest,
    predicateType: referrer.annotations?.["dev.sigstore.bundle.predicateType"],
    async bundle(options) {
      const loaded = await load(options);
      if (loaded instanceof Uint8Array) return loaded;
      throw new Refusal(loaded.refusal);
    },
  };
}

async function loadBundle(
  { registry, repository, manifest }: PolicySubject,
  referrer: Descriptor,
  { signal }: CallOptions,
): Promise<Uint8Array> {
  const { bytes } = await registry.manifest(repository, referrer.digest, {
    signal,
    maxBytes: maxReferrerBytes,
  });
  const blob = bundleOfReferrer(bytes, manifest.descriptor);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of registry.readBlob(repository, blob, { signal })) {
    size += chunk.length;
    if (size > maxBundleBytes) throw new Refusal("the bundle is larger than its descriptor says");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** Codes of `RegistryError` that are the content's fault: anybody who may push can bring them about. */
const contentFaults: readonly string[] = ["NotFound", "DigestMismatch", "SizeExceeded", "InvalidResponse"];

function isRefusal(error: unknown): error is Error {
  if (error instanceof Refusal) return true;
  // Only types may be imported from there, and the brand is how copies of a package recognise each other's errors.
  if (!(error instanceof Error) || !(Symbol.for("@blob/registry/error") in error)) return false;
  return "code" in error && contentFaults.some((code) => code === error.code);
}
