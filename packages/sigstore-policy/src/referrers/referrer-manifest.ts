import type { BlobId, Descriptor, Digest } from "@blob/registry";
import { listAt, textAt, valueAt } from "../json-path.js";
import { Refusal, shown } from "../verify/refusal.js";
import { parseStrictJson } from "../verify/strict-json.js";
import { isBundleMediaType } from "../bundle/bundle-media-types.js";
import { maxBundleBytes } from "../bundle/bundle-size.js";

const sha256Digest = /^sha256:[0-9a-f]{64}$/;

function isDigest(value: string): value is Digest {
  return sha256Digest.test(value);
}

/** The bundle that a referrer carries: its only layer, when the referrer is about this subject. */
export function bundleOfReferrer(bytes: Uint8Array, subject: Descriptor): BlobId {
  const manifest = parseStrictJson(bytes, "the referrer");
  const about = textAt(manifest, "subject", "digest");
  if (about !== subject.digest) {
    throw new Refusal(`the referrer is about ${about === "" ? "nothing" : shown(about)}`);
  }
  const type = textAt(manifest, "artifactType");
  if (!isBundleMediaType(type)) throw new Refusal(`the referrer is of the type ${shown(type)}`);
  const layers = listAt(manifest, "layers");
  const [layer] = layers;
  if (layers.length !== 1)
    throw new Refusal(`the referrer has ${String(layers.length)} layers instead of one`);
  const layerType = textAt(layer, "mediaType");
  if (layerType !== type) throw new Refusal(`the referrer's layer is of the type ${shown(layerType)}`);
  const digest = textAt(layer, "digest");
  const size = valueAt(layer, "size");
  if (!isDigest(digest) || typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
    throw new Refusal("the referrer's layer has no digest and size");
  }
  if (size > maxBundleBytes) {
    throw new Refusal(`the bundle has ${String(size)} bytes, and ${String(maxBundleBytes)} are the most`);
  }
  return { digest, size };
}
