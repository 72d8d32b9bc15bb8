import type { Authenticator } from "@blob/auth";
import { rangeOf } from "./blob-range.js";
import { verified } from "./digest.js";
import { RegistryError } from "./errors.js";
import type { Access } from "./http/answers/access.js";
import { checkAccess } from "./http/answers/access.js";
import { withAuthorization } from "./http/layers/authorization.js";
import { createBlobLinks } from "./http/blobs/blob-links.js";
import { statBlob } from "./http/blobs/blob-stat.js";
import { deleteBlob, deleteManifest } from "./http/deletes/deletes.js";
import { withAdaptiveConcurrency } from "./http/layers/concurrency.js";
import { createEndpoint } from "./http/layers/endpoint.js";
import type { Layer } from "./http/layers/handler.js";
import { compose } from "./http/layers/handler.js";
import { getManifest, putManifest, resolveManifest } from "./http/manifests/manifests.js";
import { readRange } from "./http/blobs/range-reader.js";
import { attachByTag, listReferrers } from "./http/referrers/referrers.js";
import { withRedirects } from "./http/layers/redirect.js";
import type { RetryOptions } from "./http/layers/retry.js";
import { createRetryPolicy, withRetries } from "./http/layers/retry.js";
import { listTags } from "./http/manifests/tags.js";
import type { HttpTrace } from "./http/layers/trace.js";
import { withTrace } from "./http/layers/trace.js";
import type { ConnectionOptions } from "./http/transport/dispatcher.js";
import type { Transport } from "./http/transport/undici-handler.js";
import { createWay } from "./http/transport/way.js";
import type { UploadProbe } from "./http/uploads/upload-probe.js";
import { probeUpload } from "./http/uploads/upload-probe.js";
import { createStreamer } from "./http/uploads/streamed-upload.js";
import { createUploader } from "./http/uploads/uploads.js";
import { withPlainBodies } from "./http/layers/plain-bodies.js";
import { withUserAgent } from "./http/layers/user-agent.js";
import { messageText } from "@blob/core/text";
import { checkRepository, isHost } from "./reference.js";
import type { CallOptions, Registry, StreamBlobOptions, StreamedBody } from "./registry.js";
import { parseDigest } from "./digest.js";

/** How a registry is reached, and with which credentials. */
export interface HttpRegistryOptions extends ConnectionOptions {
  /**
   * Answers the registry's challenges. Without it no request carries credentials or tokens, and most public registries
   * refuse even anonymous reads, which take a token.
   */
  readonly authenticator?: Authenticator | undefined;
  /**
   * Speak http instead of https. Default: https, and only if the registry is on this machine (`localhost`, `127.0.0.1`,
   * `[::1]`) and what answers there speaks no TLS, http. False: https, there as well.
   */
  readonly plainHttp?: boolean | undefined;
  /** The `User-Agent` of every request. Default `blob-registry`. */
  readonly userAgent?: string | undefined;
  /** Told about every request that goes over the wire; holds no secrets. */
  readonly trace?: ((trace: HttpTrace) => void) | undefined;
  /** How often, and for how long, requests are repeated that failed for a temporary reason. */
  readonly retry?: RetryOptions | undefined;
  /**
   * How many requests to one host may be under way at once, uploads not counted; lowered while the host answers 429.
   * Default 32.
   */
  readonly concurrency?: number | undefined;
  /**
   * Send blobs larger than this in pieces of this many bytes. Default: whole, and in pieces only if the registry
   * refuses that. A piece of up to 32 MiB is held in memory; a larger one is read again from the blob when it has to be
   * sent again.
   */
  readonly chunkBytes?: number | undefined;
  /**
   * For a mirror of several registries: which one is meant, as containerd tells its mirrors (`?ns=docker.io`). Default: not
   * said.
   */
  readonly namespace?: string | undefined;
  /** Sends the requests. It is closed with the registry. Default: undici, with connections of its own. */
  readonly transport?: Transport | undefined;
}

/** A registry over HTTP, which holds connections. `await using` closes them. */
export interface HttpRegistry extends Registry, AsyncDisposable {
  /**
   * Scheme, host and port of its API, such as `https://registry-1.docker.io`. Begins with `http` for a registry on this
   * machine as soon as it has turned out to speak no TLS.
   */
  readonly origin: string;
  /**
   * As `Registry` has it: one PATCH of unknown length. Registries that are known to refuse that are not asked, nor one that
   * has refused it before, nor any when `chunkBytes` is given.
   */
  streamBlob(repository: string, body: StreamedBody, options?: StreamBlobOptions): Promise<boolean>;
  /**
   * Finds out whether the credentials allow pushing, without pushing: opens an upload session as a push would, and
   * cancels it. The errors of `pushBlob`.
   */
  probeUpload(repository: string, options?: CallOptions): Promise<UploadProbe>;
  /**
   * Finds out whether the registry is there and accepts the credentials: one request, and those that getting a token
   * takes.
   *
   * @throws RegistryError `Unauthorized` and others; AuthError `TokenRefused`.
   */
  checkAccess(options?: CallOptions): Promise<Access>;
  /** Closes the connections; calls that are still under way fail. */
  close(): Promise<void>;
}

/**
 * A registry that speaks distribution-spec 1.1 over HTTP. Nothing is sent before the first call: no ping, no probe.
 * Close it when it is no longer needed.
 *
 * @example
 * ```ts
 * const registry = createHttpRegistry("ghcr.io");
 * try {
 *   const { descriptor, bytes } = await registry.manifest("acme/site", "v1");
 * } catch (error) {
 *   if (isRegistryError(error) && error.code === "NotFound") console.error("there is no such tag");
 *   else throw error;
 * } finally {
 *   await registry.close();
 * }
 * ```
 * @param host `host` or `host:port` as references name it; `docker.io` for Docker Hub.
 * @throws RegistryError `InvalidReference`
 */
export function createHttpRegistry(host: string, options: HttpRegistryOptions = {}): HttpRegistry {
  if (!isHost(host)) {
    const message = `"${messageText(host)}" is not a host: write host or host:port, lower case`;
    throw new RegistryError("InvalidReference", message, { host });
  }
  const { authenticator, userAgent = "blob-registry", trace } = options;
  const way = createWay(host, options);
  const retryPolicy = createRetryPolicy(options.retry);
  // All that is between what asks (`http/blobs`, `http/uploads`, …) and the wire (`transport`): each is a handler around the
  // one before it, with the same interface, and adds one concern to every request.
  const layers: readonly Layer[] = [
    ...(trace === undefined ? [] : [withTrace(trace)]),
    withPlainBodies(),
    withAdaptiveConcurrency(options.concurrency),
    withRetries(retryPolicy),
    withRedirects(),
    ...(authenticator === undefined ? [] : [withAuthorization(authenticator)]),
    withUserAgent(userAgent),
    way.settle,
  ];
  const { origin, transport } = way;
  const send = compose(transport.handle, ...layers);
  const endpoint = createEndpoint(host, { origin, send, retryPolicy, namespace: options.namespace });
  const links = createBlobLinks();
  const upload = createUploader(endpoint, options.chunkBytes);
  const stream = createStreamer(endpoint, options.chunkBytes !== undefined);
  return {
    id: host,

    checkAccess: async (call = {}) => checkAccess(endpoint, call),

    resolve: async (repository, reference, call = {}) =>
      resolveManifest(endpoint, repository, reference, call),

    manifest: async (repository, reference, call = {}) => getManifest(endpoint, repository, reference, call),

    async statBlob(repository, digest, { signal } = {}) {
      checkRepository(repository);
      parseDigest(digest);
      return statBlob(endpoint, { repository, digest, actions: "pull", signal });
    },

    readBlob(repository, blob, { range, signal } = {}) {
      checkRepository(repository);
      const { start, end } = rangeOf(blob, range);
      const bytes = readRange(endpoint, links, { repository, blob, start, end, signal });
      const isWhole = start === 0 && end === blob.size;
      return isWhole ? verified(bytes, blob, { host, reference: repository }) : bytes;
    },

    pushBlob: async (repository, blob, open, call = {}) => upload(repository, blob, open, call),

    streamBlob: async (repository, body, call = {}) => stream(repository, body, call),

    async pushManifest(repository, manifest, call = {}) {
      const { descriptor, headers } = await putManifest(endpoint, repository, manifest, call);
      await attachByTag(endpoint, repository, manifest, descriptor, headers["oci-subject"], call);
      return descriptor;
    },

    referrers(repository, digest, call = {}) {
      checkRepository(repository);
      parseDigest(digest);
      return listReferrers(endpoint, repository, digest, call);
    },

    deleteManifest: async (repository, reference, call = {}) =>
      deleteManifest(endpoint, repository, reference, call),

    async deleteBlob(repository, digest, call = {}) {
      parseDigest(digest);
      await deleteBlob(endpoint, repository, digest, call);
    },

    tags: (repository, call = {}) => listTags(endpoint, repository, call),

    get origin() {
      return origin();
    },

    probeUpload: async (repository, call = {}) => probeUpload(endpoint, repository, call),

    close: () => transport.close(),
    [Symbol.asyncDispose]: () => transport.close(),
  };
}
