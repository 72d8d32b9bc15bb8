export type { ArchiveManifest } from "./manifest/archive-manifest.js";
export { parseArchiveManifest } from "./manifest/archive-manifest.js";
export type { StaleReference } from "./caching/caching-registry.js";
export { createClient } from "./client.js";
export type { Client, ClientOptions } from "./client.js";
export type { CopyResult, CopyVerbOptions } from "./verbs/copy.js";
export type { DiffDirectoryVerbOptions } from "./verbs/diff.js";
export { blobErrorCodes, isBlobError, missingThings } from "@blob/core/errors";
export type { BlobError, BlobErrorCode, BlobErrorDetails, MissingThing } from "@blob/core/errors";
export { ClientError, clientErrorCodes, isClientError } from "./errors.js";
export type { ClientErrorCode, ClientErrorDetails } from "./errors.js";
export type { ExportImageOptions, ExportImageResult, PushedImageBlob } from "./verbs/export-image.js";
export type { Inspection } from "./verbs/inspect.js";
export { parseLocation } from "./location.js";
export type { Location } from "./location.js";
export type { ByteProgress, ClientProgress, FetchProgress, PushProgress } from "./progress.js";
export type { PulledArchive, PulledFrom, PullOptions } from "./verbs/pull.js";
export type {
  PushArchiveOptions,
  PushArchiveResult,
  PushedLayer,
  PushOptions,
  PushResult,
} from "./verbs/push.js";
export type { ReferrersVerbOptions } from "./verbs/referrers.js";
export { createRegistrySource } from "./registry-source.js";
export type { SignResult, SignTarget, SignVerbOptions } from "./verbs/sign.js";
export type { SyncVerbOptions, SyncVerbResult } from "./verbs/sync.js";
export type { ReadVerbOptions, VerbOptions } from "./verbs/verb-context.js";
export type { PolicyVerdict, VerifyResult } from "./verbs/verify.js";
