export type { BlobId, Descriptor, Digest, Manifest } from "./descriptor.js";
export type { Policy, PolicyReason, PolicySubject, Verdict } from "./policy.js";
export type {
  CallOptions,
  ManifestOptions,
  NewManifest,
  OpenBody,
  PushBlobOptions,
  PushedBlob,
  PushManifestOptions,
  ReadBlobOptions,
  Registry,
} from "./registry.js";
