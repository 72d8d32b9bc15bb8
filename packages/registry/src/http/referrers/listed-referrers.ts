import type { Descriptor, Digest } from "../../descriptor.js";
import type { RegistryErrorCode } from "../../errors.js";
import { isRegistryError } from "../../errors.js";
import { inOrder } from "@blob/core/concurrency";
import { referrerTo } from "../../manifest/referrer.js";
import type { ReferrersOptions } from "../../registry.js";
import type { Endpoint } from "../layers/endpoint.js";
import { getManifest } from "../manifests/manifests.js";
import { PageError } from "../answers/response-error.js";

/** So many manifests, each of which may have 4 MiB, are read at once. */
const atOnce = 8;

/**
 * What manifests of a list say about themselves, in the order of the list. Those that are gone or broken, or refer to
 * something else, are left out, and told. One request each.
 *
 * @param isSettled Those that the list is believed about: they are not read.
 */
export async function* readListed(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  listed: readonly Descriptor[],
  options: ReferrersOptions,
  isSettled: (descriptor: Descriptor) => boolean = () => false,
): AsyncGenerator<Descriptor, void, undefined> {
  const judge = async (one: Descriptor): Promise<Judged> =>
    isSettled(one) ? { referrer: one } : readReferrer(endpoint, repository, subject, one.digest, options);
  const judging = listed.map((one) => async () => ({ digest: one.digest, ...(await judge(one)) }));
  for await (const { digest, referrer, why } of inOrder(judging, atOnce)) {
    if (referrer !== undefined) yield referrer;
    else options.onLeftOut?.({ kind: "referrer", name: digest, why });
  }
}

/** A referrer to the subject; or why there is none. */
type Judged =
  | { readonly referrer: Descriptor; readonly why?: undefined }
  | { readonly referrer?: undefined; readonly why: string };

/** What is wrong with a manifest by itself, as opposed to the registry or the network at this moment. */
const broken: ReadonlySet<RegistryErrorCode> = new Set([
  "NotFound",
  "DigestMismatch",
  "InvalidResponse",
  "SizeExceeded",
]);

async function readReferrer(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  digest: Digest,
  { signal, onManifest }: ReferrersOptions,
): Promise<Judged> {
  try {
    const manifest = await getManifest(endpoint, repository, digest, { signal });
    onManifest?.(manifest);
    const { descriptor, bytes } = manifest;
    const referrer = referrerTo(subject, { ...descriptor, bytes });
    return referrer === undefined ? { why: "its manifest does not name the subject" } : { referrer };
  } catch (error) {
    // A page in the place of a registry has no say about what there is.
    if (!isRegistryError(error) || error instanceof PageError) throw error;
    if (broken.has(error.code)) return { why: error.message };
    throw error;
  }
}
