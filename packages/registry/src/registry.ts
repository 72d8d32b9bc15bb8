import type { BlobId, Descriptor, Digest, Manifest } from "./descriptor.js";
import type { LeftOut } from "./left-out.js";

/** Options of every registry call. */
export interface CallOptions {
  /** Stops the call; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Told about each element of a list that cannot be used, such as a tag whose name is none: it is left out, and the
   * rest of the list is given as if it were not there. Should not throw: the call would fail with what it throws.
   */
  readonly onLeftOut?: ((what: LeftOut) => void) | undefined;
}

/** Options of reading a manifest. */
export interface ManifestOptions extends CallOptions {
  /** Refuse a larger manifest, in bytes. Default 4 MiB, which the distribution-spec asks registries to accept. */
  readonly maxBytes?: number | undefined;
}

/** Options of reading a blob. */
export interface ReadBlobOptions extends CallOptions {
  /** Only these bytes; the whole blob without it. It must lie inside the blob. */
  readonly range?: { readonly offset: number; readonly length: number } | undefined;
}

/** Options of pushing a blob. */
export interface PushBlobOptions extends CallOptions {
  /** A repository of the same registry that has the blob: tried before any byte is sent. */
  readonly mountFrom?: string | undefined;
  /** Called with the bytes sent so far; it may start again from a lower value when an upload is retried. */
  readonly onProgress?: ((bytesSent: number) => void) | undefined;
}

/** Options of pushing a manifest. */
export interface PushManifestOptions extends CallOptions {
  /** Point this tag at the manifest; without it the manifest can only be found by its digest. */
  readonly tag?: string | undefined;
  /**
   * The digest to store it under, when that is not to be its sha256. The bytes have to have it. Registries over HTTP store
   * what they get by tag under a digest of their own choice: there a sha512 digest cannot have a tag (`Unsupported`).
   */
  readonly digest?: Digest | undefined;
}

/** Which referrers are wanted. */
export interface ReferrersOptions extends CallOptions {
  /** Only those of this type: a registry that filters is asked for it. */
  readonly artifactType?: string | undefined;
  /** With `artifactType`: also those of these types, other names for the same. */
  readonly equivalentTypes?: readonly string[] | undefined;
  /**
   * With `artifactType`: everything that is listed anywhere is looked through. Without it, a list that has one is believed
   * to have all, although a registry may filter by wrong types, or keep others under a fallback tag. Two requests over HTTP,
   * and one for each manifest whose type the lists do not tell. Default false.
   */
  readonly exhaustive?: boolean | undefined;
  /** Given each manifest that had to be read to learn its type, before its descriptor is: it need not be read again. */
  readonly onManifest?: ((manifest: Manifest) => void) | undefined;
}

/** What it took to have a blob in a repository. */
export type PushedBlob = "uploaded" | "exists" | "mounted";

/** Opens the bytes of an upload from their start. Called again when a request has to be repeated. */
export type OpenBody = () => AsyncIterable<Uint8Array>;

/** Bytes to store as a manifest. They are stored as they are. */
export interface NewManifest {
  /** What the registry gives as its type to whoever reads it. */
  readonly mediaType: string;
  /** JSON, with a `schemaVersion` of 2. */
  readonly bytes: Uint8Array;
}

/**
 * Content-addressed storage of artifacts in named repositories: a registry over HTTP, an OCI layout on disk, or
 * memory. Code over this interface does not know which one it has.
 *
 * A `reference` is a tag or a digest. Every method throws a `RegistryError` (see its codes), and the signal's reason
 * after an abort. There are no optional methods: a decorator that adds may spread the inner registry, one that
 * restricts writes every method out.
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
   * The size of a blob in bytes, or undefined when the repository is not known to have it. Only what is read can be proved:
   * a registry may tell a size that is not true.
   */
  statBlob(repository: string, digest: Digest, options?: CallOptions): Promise<number | undefined>;

  /**
   * The bytes of a blob, or of a range of it, as a lazy single-use iterable: the request is made when the first chunk
   * is asked for, and leaving the loop frees the connection. A whole blob is verified against its digest and throws
   * `DigestMismatch` instead of ending; a range has the right place and length, but only its user can verify it.
   */
  readBlob(repository: string, blob: BlobId, options?: ReadBlobOptions): AsyncIterable<Uint8Array>;

  /**
   * Makes the repository have the blob and says what it took. Bytes are only opened when they are needed, and are
   * verified by whoever stores them.
   */
  pushBlob(repository: string, blob: BlobId, open: OpenBody, options?: PushBlobOptions): Promise<PushedBlob>;

  /**
   * Stores a manifest. Everything that it points to has to be there already, except for its `subject`. One that has a
   * subject is found by `referrers` afterwards, or `ReferrersUnsupported` is thrown.
   */
  pushManifest(repository: string, manifest: NewManifest, options?: PushManifestOptions): Promise<Descriptor>;

  /** The tags of a repository, page by page as they are asked for. Names that are no tags are left out: see `onLeftOut`. */
  tags(repository: string, options?: CallOptions): AsyncIterable<string>;

  /**
   * The manifests that name another one as their `subject`, such as its signatures, with their types and annotations.
   * None when nobody refers to it, also when it is not there itself. Broken ones are left out: see `onLeftOut`.
   * `ReferrersUnsupported`; `SizeExceeded` when there are too many: a list is never cut without a word.
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
