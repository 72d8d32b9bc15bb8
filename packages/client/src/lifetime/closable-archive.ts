import type { Archive, ByteSource, ReadOptions } from "@blob/format";
import type { ContentStore } from "@blob/format/node";
import type { ClientError } from "../errors.js";
import { readFileBy } from "../read-file.js";
import type { Lifetime } from "./lifetime.js";
import { linkSignals } from "@blob/core/abort";

/** How long an archive can be read: until it is closed, or its client is. */
export interface ArchiveLifetime {
  /** Throws the `Closed` error if the archive or its client was closed. */
  check(): void;
  close(): void;
  /** The source, with each read tied to the lifetime: closing stops it. */
  source(inner: ByteSource): ByteSource;
  /** The content store, usable only while the archive is open. */
  contents(inner: ContentStore): ContentStore;
  /**
   * The archive, whose reads throw `Closed` after the end: also those that ask nothing of the source, as of empty
   * files.
   */
  archive<T extends Archive>(inner: T): T;
}

/** @param reason Makes the error of reads after `close`. */
export function createArchiveLifetime(client: Lifetime, reason: () => ClientError): ArchiveLifetime {
  const closing = new AbortController();

  function check(): void {
    if (closing.signal.aborted) throw reason();
    client.check();
  }

  async function* reading(
    signal: AbortSignal | undefined,
    open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const link = linkSignals(signal, closing.signal, client.signal);
    try {
      link.signal.throwIfAborted();
      yield* open(link.signal);
    } finally {
      link.release();
    }
  }

  async function* checked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    check();
    try {
      for await (const chunk of chunks) {
        check();
        yield chunk;
        check();
      }
    } catch (error) {
      // The read may have failed because of the closing: then `Closed` is thrown instead of its error.
      check();
      throw error;
    }
  }

  async function whole<T>(work: () => Promise<T>): Promise<T> {
    check();
    try {
      return await work();
    } finally {
      // As above: `Closed` instead of the error that the closing caused.
      check();
    }
  }

  return {
    check,
    close: () => closing.abort(reason()),
    source: (inner) => ({
      id: inner.id,
      size: inner.size,
      read: (range, { signal } = {}) =>
        checked(reading(signal, (stop) => inner.read(range, { signal: stop }))),
    }),
    contents: (inner) => ({
      get: (hash, options) => whole(() => inner.get(hash, options)),
      open: (hash, options) => whole(() => inner.open(hash, options)),
      writeTo: (hash, file, options) => whole(() => inner.writeTo(hash, file, options)),
      put: (hash, body, options) => inner.put(hash, body, options),
    }),
    archive(inner) {
      return {
        ...inner,
        readFile: readFileBy((path, options) => whole(() => inner.readFile(path, options))),
        // Errors about the path are thrown by the call, not by the iterable.
        stream: (path: string, options?: ReadOptions) => checked(inner.stream(path, options)),
      };
    },
  };
}
