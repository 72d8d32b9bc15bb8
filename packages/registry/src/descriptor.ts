/** An algorithm and a hash, as in `sha256:` and 64 lower-case hexadecimal digits (image-spec, descriptor.md). */
export type Digest = `${string}:${string}`;

/** What identifies a blob: enough to read it, and to know that it was read whole. */
export interface BlobId {
  /** The hash of exactly these bytes. */
  readonly digest: Digest;
  /** The number of bytes. */
  readonly size: number;
}

/** A typed pointer to content (image-spec, descriptor.md). */
export interface Descriptor extends BlobId {
  /** The type of the content, as stated by whoever pushed it. */
  readonly mediaType: string;
  /** The type of artifact that a manifest stands for, if its media type does not tell. */
  readonly artifactType?: string;
  /** Statements of whoever pushed the content. Not verified. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest as it was stored: the bytes have been hashed and equal `descriptor.digest`. */
export interface Manifest {
  /** Digest and size, which were checked against the bytes, and the type that the registry stated. */
  readonly descriptor: Descriptor;
  /** The bytes exactly as they were pushed. They must not be written to. */
  readonly bytes: Uint8Array;
}
