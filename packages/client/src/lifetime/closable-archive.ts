import type { Archive, ByteSource, ReadOptions } from "@blob/format";
import type { ContentStore } from "@blob/format/node";
import type { ClientError } from "../errors.js";
import type { Lifetime } from "./lifetime.js";
import { linkSignals } from "@blob/core/abort";

/** How long an archive can be read: until it is closed, or its client is. */
export interface ArchiveLifetime {
  /** Throws why nothing can be read any more. */
  check(): void;
  close(): void;
  /** The source, whose reads stop when the end comes. Each has a signal of its own. */
  source(inner: ByteSource): ByteSource;
  /** Contents that are kept belong to the archive for as long as it can be read. */
  contents(inner: ContentStore): ContentStore;
  /** The same archive: also what is not read from its source, like empty files, cannot be read after the end. */
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
      // Whatever broke because of it.
      check();
      throw error;
    }
  }

  async function whole<T>(work: () => Promise<T>): Promise<T> {
    check();
    try {
      return await work();
    } finally {
      // Instead of whatever broke because of it.
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
      async function readFile(path: string, options?: ReadOptions): Promise<Uint8Array>;
      async function readFile(path: string, encoding: "utf8", options?: ReadOptions): Promise<string>;
      async function readFile(
        path: string,
        encoding: ReadOptions | "utf8" = {},
        options: ReadOptions = {},
      ): Promise<Uint8Array | string> {
        return encoding === "utf8"
          ? whole(() => inner.readFile(path, encoding, options))
          : whole(() => inner.readFile(path, encoding));
      }
      return {
        ...inner,
        readFile,
        // What is wrong with the path is thrown by the call.
        stream: (path: string, options?: ReadOptions) => checked(inner.stream(path, options)),
      };
    },
  };
}
