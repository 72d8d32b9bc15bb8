/** An algorithm and a hash, as in `sha256:` and 64 lower-case hexadecimal digits (image-spec, descriptor.md). */
export type Digest = `${string}:${string}`;

/** What identifies a blob: enough to read it, and to know that it was read whole. */
export interface BlobId {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/** A typed pointer to content (image-spec, descriptor.md). */
export interface Descriptor extends BlobId {
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest as it was stored: the bytes have been hashed and equal `descriptor.digest`. */
export interface Manifest {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}
