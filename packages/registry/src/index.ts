export type { CatalogRegistry } from "./catalog.js";
export type { Copied } from "./copy/copy.js";
export type { CopyOptions, CopySource, CopyTarget } from "./copy/copy-request.js";
export { copyArtifact } from "./copy/copy.js";
export type { CopyProgress } from "./copy/copy-progress.js";
export type { BlobId, Descriptor, Digest, Manifest } from "./descriptor.js";
export type { DigestAlgorithm, ParsedDigest } from "./digest.js";
export { isDigest, parseDigest, sha256Digest } from "./digest.js";
export type { RefusalReason, RegistryErrorCode, RegistryErrorDetails } from "./errors.js";
export { isRegistryError, RegistryError, registryErrorCodes } from "./errors.js";
export type { HttpRegistry, HttpRegistryOptions } from "./http-registry.js";
export { createHttpRegistry } from "./http-registry.js";
export type { Access } from "./http/answers/access.js";
export type { ConnectionOptions, StallTimeouts, TlsOptions } from "./http/transport/dispatcher.js";
export type {
  Handler,
  HttpBody,
  HttpHeaders,
  HttpMethod,
  HttpRequest,
  HttpResponse,
} from "./http/layers/handler.js";
export type { RetryClock, RetryOptions } from "./http/layers/retry.js";
export type { HttpTrace } from "./http/layers/trace.js";
export type { UploadProbe } from "./http/uploads/upload-probe.js";
export type { Transport } from "./http/transport/undici-handler.js";
export type { LeftOut } from "./left-out.js";
export { createLayoutRegistry } from "./layout/layout-registry.js";
export { createMemoryRegistry } from "./memory-registry.js";
export type { HttpMirror, HttpMirrorOptions } from "./mirrors/http-mirror.js";
export { createHttpMirror } from "./mirrors/http-mirror.js";
export type { Mirror, SkippedMirror } from "./mirrors/mirror.js";
export type { MirroredRegistry, MirrorsOptions } from "./mirrors/with-mirrors.js";
export { withMirrors } from "./mirrors/with-mirrors.js";
export type { Evidence, Policy, PolicyReason, PolicySubject, Verdict } from "./policy.js";
export type { ProxyOptions } from "./proxy/route.js";
export type { Reference } from "./reference.js";
export { formatReference, isRepository, isTag, parseReference } from "./reference.js";
export type {
  CallOptions,
  ManifestOptions,
  NewManifest,
  OpenBody,
  PushBlobOptions,
  PushedBlob,
  PushManifestOptions,
  ReadBlobOptions,
  ReferrersOptions,
  Registry,
  StreamBlobOptions,
  StreamedBody,
} from "./registry.js";
export type { Attachment, Signer, SignOptions, StatementClaim } from "./signer.js";
