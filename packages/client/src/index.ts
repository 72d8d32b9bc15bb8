export {
  anonymous,
  containersAuthCredentials,
  defaultCredentials,
  dockerConfigCredentials,
  environmentCredentials,
  firstOf,
  forHosts,
  isAuthError,
  staticCredential,
  staticToken,
} from "@blob/auth";
export type {
  AuthError,
  AuthErrorCode,
  Credential,
  CredentialHelperOptions,
  CredentialSource,
  CredentialTarget,
  DefaultCredentialsOptions,
  Environment,
  EnvironmentCredentialsOptions,
  FileCredentialsOptions,
  FoundCredential,
  Hosts,
  StaticCredentialOptions,
  StaticTokenOptions,
} from "@blob/auth";
export { createCaches, createMemoryStore } from "@blob/cache";
export type { CacheName, Caches, CachesOptions, CacheStatistics, CacheStore } from "@blob/cache";
export { BlobError, blobErrorCodes, isBlobError, missingThings } from "@blob/core/errors";
export type { BlobErrorCode, BlobErrorDetails, MissingThing } from "@blob/core/errors";
export { createHttpByteSource, diffArchives, isFormatError, normalizePath, toWebStream } from "@blob/format";
export type {
  Archive,
  ArchiveDiff,
  ByteSource,
  ChangedEntry,
  Chunk,
  Compression,
  ContentRange,
  DiffArchivesOptions,
  DirectoryEntry,
  DirectoryListing,
  DirectoryStats,
  Entry,
  FileChunks,
  FormatError,
  FormatErrorCode,
  HttpByteSourceOptions,
  ListOptions,
  ReadLimits,
  ReadOptions,
} from "@blob/format";
export {
  createHttpRegistry,
  createLayoutRegistry,
  createMemoryRegistry,
  isDigest,
  isRegistryError,
  parseReference,
} from "@blob/registry";
export type {
  BlobId,
  Copied,
  Descriptor,
  Digest,
  Evidence,
  HttpRegistry,
  HttpRegistryOptions,
  HttpTrace,
  LeftOut,
  Manifest,
  Policy,
  PolicyReason,
  PolicySubject,
  ProxyOptions,
  PushedBlob,
  Reference,
  Registry,
  RegistryError,
  RegistryErrorCode,
  RetryOptions,
  Signer,
  StatementClaim,
  TlsOptions,
  Verdict,
} from "@blob/registry";
export type { StaleReference } from "./caching/caching-registry.js";
export type { CacheOption } from "./caching/client-caches.js";
export { createClient } from "./create-client.js";
export type { Client, ClientOptions } from "./client.js";
export type { HostOptions } from "./host-options.js";
export { joinedTls } from "./host-options.js";
export { ClientError, clientErrorCodes, isClientError } from "./errors.js";
export type { ClientErrorCode, ClientErrorDetails } from "./errors.js";
export type {
  ExportImageOptions,
  ExportImageResult,
  ImageSource,
  PushedImageBlob,
} from "./verbs/export-image.js";
export { parseLocation } from "./location.js";
export type { ArchivePlace, LocalArchiveFiles, Location } from "./location.js";
export { parseArchiveManifest } from "./manifest/archive-manifest.js";
export type { ArchiveManifest } from "./manifest/archive-manifest.js";
export type { ByteProgress, ClientProgress, FetchProgress, PushProgress } from "./progress.js";
export type { CopyResult, CopyVerbOptions } from "./verbs/copy.js";
export type { DiffDirectoryVerbOptions, DiffVerbOptions } from "./verbs/diff.js";
export type { ContentsOption, ExtractVerbOptions, ExtractVerbResult } from "./verbs/extract.js";
export { signedPredicateType } from "./verbs/inspect.js";
export type { AttachedStatement, Attachments, AttachmentsOptions, Inspection } from "./verbs/inspect.js";
export type { ArchiveOrPlace } from "./verbs/open.js";
export type { OpenedArchive, PulledArchive, PullOptions } from "./verbs/pull.js";
export { createRegistrySource } from "./verbs/pull.js";
export type {
  PushArchiveOptions,
  PushArchiveResult,
  PushedLayer,
  PushOptions,
  PushResult,
} from "./verbs/push.js";
export type { ReadFilesOptions } from "./verbs/read-files.js";
export type { ReferrersVerbOptions } from "./verbs/referrers.js";
export type { SignResult, SignTarget, SignVerbOptions } from "./verbs/sign.js";
export type { SyncVerbOptions, SyncVerbResult } from "./verbs/sync.js";
export type { ListVerbOptions, LookUpOptions, ReadVerbOptions, VerbOptions } from "./verbs/verb-context.js";
export type { PolicyVerdict, VerifyResult } from "./verbs/verify.js";
