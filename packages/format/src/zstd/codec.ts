/** Compresses with zstd. */
export interface ZstdEncoder {
  /** What does the work, for messages and reports. */
  readonly name: string;
  /** One complete frame with content size and checksum. Synchronous: for use on a worker, or for small pieces. */
  compress(content: Uint8Array, level: number): Uint8Array;
  /**
   * The same into the beginning of `target`, without a buffer of its own: returns the size of the frame, or nothing
   * when there may not be room for it. Optional.
   */
  compressInto?(target: Uint8Array, content: Uint8Array, level: number): number | undefined;
}

/** What the index promises about a compressed file. An `Entry` is one. */
export interface ZstdPromise {
  /** For messages. */
  readonly path: string;
  /** The size of the content in bytes. */
  readonly size: number;
}

/** Limits of decompressing. */
export interface ZstdDecodeOptions {
  /** The largest window that a frame may ask for, in bytes of memory: more is `SizeExceeded`. Default: 256 MiB. */
  readonly maxDecoderBytes?: number | undefined;
}

/**
 * Decompresses what an archive stores for a file: any number of frames, each checked before a library sees it. A
 * failure is a `Decompression` error that names the path, or `SizeExceeded` for a window over the limit. Made from any
 * library by `createZstdDecoder`.
 */
export interface ZstdDecoder {
  /** What does the work, such as `portable` or `zstd-napi`: for messages and reports. */
  readonly name: string;
  /**
   * Exactly `file.size` bytes, or an error. Allocates no more than that and what the library needs. Synchronous, for as
   * long as that much content takes: large files are for {@link stream}, or a worker.
   */
  decompress(stored: Uint8Array, file: ZstdPromise, options?: ZstdDecodeOptions): Uint8Array;
  /**
   * The same into the beginning of `target`, which has room for `file.size` bytes: returns the part of it that has the
   * content. Optional: it saves memory for each of many files.
   */
  decompressInto?(
    target: Uint8Array,
    stored: Uint8Array,
    file: ZstdPromise,
    options?: ZstdDecodeOptions,
  ): Uint8Array;
  /** The same piece by piece, for content of any size. */
  stream(file: ZstdPromise, options?: ZstdDecodeOptions): ZstdStream;
}

/** Decompression of one file in progress. After an error it cannot be used any more. */
export interface ZstdStream {
  /**
   * The content that the next stored bytes complete, lazily, in chunks of at most 128 KiB that belong to the caller. An
   * empty chunk says that there was work without content: a caller that has others to serve lets them go on. It must be
   * read to its end before the next call; leaving it early closes the stream. Keeps no reference to `chunk` after that.
   */
  push(chunk: Uint8Array): Iterable<Uint8Array>;
  /** Checks that nothing is missing. */
  end(): void;
  /**
   * Gives the memory for windows back, at once where the library can. To be called when the stream is not read to its end;
   * afterwards, and the second time, it does nothing.
   */
  close(): void;
}

/** What the header of a frame says (RFC 8878, section 3.1.1.1). */
export interface ZstdFrameHeader {
  /** Bytes in the header itself. */
  readonly headerSize: number;
  /** How far back a match may reach, in bytes. */
  readonly windowSize: number;
  /** Bytes of content, where the frame says so. */
  readonly contentSize: number | undefined;
  /** Whether four bytes of checksum follow the last block. */
  readonly hasChecksum: boolean;
}

/**
 * What a library has to do: one frame, whose header and block sizes have been checked. It never sees skippable frames,
 * dictionaries, or anything before or after the frame. It may throw whatever it likes.
 */
export interface ZstdFrameDecoder {
  /** The library, such as `zstd-napi`: for messages and reports. */
  readonly name: string;
  /**
   * The content of one complete frame; an error when it would be more than `maxBytes`, which is no more than what its
   * blocks can hold.
   */
  decodeFrame(frame: Uint8Array, header: ZstdFrameHeader, maxBytes: number): Uint8Array;
  /** The same into `target`, which has room for no more than is allowed: returns how much it was. Optional. */
  decodeFrameInto?(target: Uint8Array, frame: Uint8Array): number;
  /** The same piece by piece. */
  startFrame(header: ZstdFrameHeader, maxBytes: number): ZstdFrameStream;
}

/** Decompression of one frame in progress. */
export interface ZstdFrameStream {
  /**
   * Takes the next piece of the frame: first its header, then each block with its three bytes of header, then the
   * checksum if there is one. Gives all content that is complete by then: none but for blocks, and at most 128 KiB.
   */
  push(piece: Uint8Array): Iterable<Uint8Array>;
  /**
   * The frame is over, or nobody wants the rest of it: nothing is pushed after that. Optional, for libraries that can give
   * memory back before the garbage collector finds it.
   */
  close?(): void;
}
