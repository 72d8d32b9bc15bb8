import type { BlobId, Descriptor, Digest, Manifest } from "./descriptor.js";
import type { LeftOut } from "./left-out.js";

/** Options of every registry call. */
export interface CallOptions {
  /** Stops the call; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called for each malformed element of a list, such as a tag with an invalid name. It is left out, and the call goes
   * on with the rest. If this throws, the call fails with what it throws.
   */
  readonly onLeftOut?: ((what: LeftOut) => void) | undefined;
}

/** Options of reading a manifest. */
export interface ManifestOptions extends CallOptions {
  /**
   * A larger manifest is `SizeExceeded`. Default 4 MiB, the size that the distribution-spec asks registries to accept.
   */
  readonly maxBytes?: number | undefined;
}

/** Options of reading a blob. */
export interface ReadBlobOptions extends CallOptions {
  /** Read only these bytes, which must lie inside the blob. Default: the whole blob. */
  readonly range?: { readonly offset: number; readonly length: number } | undefined;
}

/** Options of pushing a blob. */
export interface PushBlobOptions extends CallOptions {
  /**
   * Another repository of the registry that may have the blob: mounting it from there is tried before any byte is sent.
   */
  readonly mountFrom?: string | undefined;
  /** Called with the bytes sent so far. When an upload is retried it goes back to a lower value. */
  readonly onProgress?: ((bytesSent: number) => void) | undefined;
}

/** Options of pushing a manifest. */
export interface PushManifestOptions extends CallOptions {
  /** Point this tag at the manifest; without it the manifest can only be found by its digest. */
  readonly tag?: string | undefined;
  /**
   * The digest to store the manifest under, if not its sha256. It is checked against the bytes. Over HTTP, a registry
   * chooses the digest itself when it is given a tag: a sha512 digest together with a tag is `Unsupported`.
   */
  readonly digest?: Digest | undefined;
}

/** Which referrers are wanted. */
export interface ReferrersOptions extends CallOptions {
  /** Only referrers of this type. The registry is asked to filter, if it can. */
  readonly artifactType?: string | undefined;
  /** With `artifactType`: types that count as the same, such as older names of it. */
  readonly equivalentTypes?: readonly string[] | undefined;
  /**
   * With `artifactType`: look through everything that is listed anywhere. By default a list that has one match is taken
   * to have all, although some registries filter by the wrong type, or keep others under a fallback tag. Costs two
   * requests over HTTP, and one for each manifest whose type the lists do not state. Default false.
   */
  readonly exhaustive?: boolean | undefined;
  /**
   * Called with each manifest that had to be read for its type, before its descriptor is yielded, so that it need not
   * be read again.
   */
  readonly onManifest?: ((manifest: Manifest) => void) | undefined;
}

/** How the repository came to have a blob: it was sent, was there already, or was mounted from another repository. */
export type PushedBlob = "uploaded" | "exists" | "mounted";

/** Opens the bytes of an upload, from their start. Called again when a request has to be repeated. */
export type OpenBody = () => AsyncIterable<Uint8Array>;

/** A blob that is sent while it is being made. */
export interface StreamedBody {
  /** Gives the bytes. Called once at most: they cannot be had again. */
  readonly open: OpenBody;
  /** What they were. Called after the last of them. */
  readonly identify: () => BlobId;
}

/** Options of streaming a blob. */
export interface StreamBlobOptions extends CallOptions {
  /** Called with the bytes sent so far. */
  readonly onProgress?: ((bytesSent: number) => void) | undefined;
}

/** A manifest to store, byte for byte as given. */
export interface NewManifest {
  /** The type that the registry states to readers. */
  readonly mediaType: string;
  /** JSON, with a `schemaVersion` of 2. */
  readonly bytes: Uint8Array;
}

/**
 * Content-addressed storage of artifacts in named repositories: a registry over HTTP, an OCI layout on disk, or memory.
 * Code over this interface does not know which one it has.
 *
 * A `reference` is a tag or a digest. Every method throws `RegistryError`s (see its codes), and after an abort the
 * signal's reason. No method is optional, but for speed. A decorator that adds something may spread the inner registry; one that
 * restricts it has to write out every method, so that a method added later is not passed through by accident.
 */
export interface Registry {
  /** Names the place in messages and cache keys: `ghcr.io`, `oci:/srv/layout`, `memory`. */
  readonly id: string;

  /** What a tag or digest points to, without its bytes. `NotFound` when there is no such manifest. */
  resolve(repository: string, reference: string, options?: CallOptions): Promise<Descriptor>;

  /**
   * A manifest, verified: against the digest that was asked for, or hashed when a tag was. One request.
   * `NotFound`, `DigestMismatch`, `SizeExceeded`.
   */
  manifest(repository: string, reference: string, options?: ManifestOptions): Promise<Manifest>;

  /**
   * The size of a blob in bytes, or undefined when the repository is not known to have it. This is the registry's word:
   * only reading the blob proves its size.
   */
  statBlob(repository: string, digest: Digest, options?: CallOptions): Promise<number | undefined>;

  /**
   * The bytes of a blob, or of a range of it, as a lazy single-use iterable: the request is made when the first chunk
   * is asked for, and leaving the loop frees the connection. A whole blob is verified against its digest, and throws
   * `DigestMismatch` instead of ending. A range has the right place and length, but is not verified: that is up to its
   * user.
   */
  readBlob(repository: string, blob: BlobId, options?: ReadBlobOptions): AsyncIterable<Uint8Array>;

  /**
   * Makes sure that the repository has the blob, and returns what that took. `open` is only called if bytes have to be
   * sent. Whoever stores the bytes verifies them.
   */
  pushBlob(repository: string, blob: BlobId, open: OpenBody, options?: PushBlobOptions): Promise<PushedBlob>;

  /**
   * Sends a blob whose digest and size are known only at its end, and resolves to true when the repository has it. False:
   * it takes no such uploads, or this one broke off; whoever has the bytes again may try `pushBlob`. Errors of the body are
   * thrown as they are, and so are refusals that `pushBlob` would meet, too.
   *
   * For speed only: without it, blobs are made first and pushed afterwards.
   */
  streamBlob?(repository: string, body: StreamedBody, options?: StreamBlobOptions): Promise<boolean>;

  /**
   * Stores a manifest. Everything that it points to has to be there already, except for its `subject`. Afterwards
   * `referrers` finds a manifest that has a subject; where the registry cannot do that, `ReferrersUnsupported` is
   * thrown.
   */
  pushManifest(repository: string, manifest: NewManifest, options?: PushManifestOptions): Promise<Descriptor>;

  /** The tags of a repository, page by page as they are asked for. Names that are no tags are left out: see `onLeftOut`. */
  tags(repository: string, options?: CallOptions): AsyncIterable<string>;

  /**
   * The manifests that name another one as their `subject`, such as its signatures, with their types and annotations.
   * Empty when there are none, also when the other manifest itself is not there. Malformed ones are left out: see
   * `onLeftOut`. `ReferrersUnsupported`; `SizeExceeded` when there are too many: lists are never cut silently.
   */
  referrers(repository: string, digest: Digest, options?: ReferrersOptions): AsyncIterable<Descriptor>;

  /**
   * Deletes a manifest by its digest, with all its tags; or a tag alone, which leaves the manifest. Blobs stay.
   * `NotFound`; `Unsupported` by many registries.
   */
  deleteManifest(repository: string, reference: string, options?: CallOptions): Promise<void>;

  /** Deletes a blob, whether or not a manifest needs it. `NotFound`; `Unsupported` by many registries. */
  deleteBlob(repository: string, digest: Digest, options?: CallOptions): Promise<void>;
}
