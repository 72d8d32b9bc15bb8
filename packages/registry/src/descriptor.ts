/** An algorithm and a hash, as in `sha256:` and 64 lower-case hexadecimal digits (image-spec, descriptor.md). */
export type Digest = `${string}:${string}`;

/** What identifies a blob: enough to read it, and to know that it was read whole. */
export interface BlobId {
  /** The hash of exactly these bytes. */
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/** A typed pointer to content (image-spec, descriptor.md). */
export interface Descriptor extends BlobId {
  /** What kind of content it is, as whoever pushed it says. */
  readonly mediaType: string;
  /** What kind of artifact a manifest is, where that is not told by its media type. */
  readonly artifactType?: string;
  /** What whoever pushed it says about it; nobody has verified that. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest as it was stored: the bytes have been hashed and equal `descriptor.digest`. */
export interface Manifest {
  /** What the bytes are: their digest and size have been checked, their type is what was said. */
  readonly descriptor: Descriptor;
  /** As they were pushed, to the last space: must not be written to. */
  readonly bytes: Uint8Array;
}
