import { pushInTurns } from "@blob/format";
import type { Archive, Entry, ZstdDecoder } from "@blob/format";
import { nodeSha256 } from "@blob/format/node";
import { verifiedFirstBytes } from "./content.js";

/** What browsers give a frame at most (RFC 9659). */
const maxWindowBytes = 8 * 1024 * 1024;

/** Passes compressed files on as they are stored, for clients that decompress zstd themselves. */
export interface StoredZstd {
  /** Whether a file may be passed on: what can be said without reading it. */
  suits(entry: Entry): boolean;
  /**
   * The stored frames of a file that suits. They are decompressed on the way, and the hash of the content is checked: of a
   * small file before anything is returned, of a large one at the end of the iterable, which throws otherwise. `undefined`
   * when it turns out that clients could not decompress them; the file does not suit any more then.
   */
  open(
    entry: Entry,
    signal: AbortSignal,
  ): Promise<Iterable<Uint8Array> | AsyncIterable<Uint8Array> | undefined>;
}

export function createStoredZstd(archive: Archive, decoder: ZstdDecoder): StoredZstd {
  const refused = new Set<string>();
  async function* checked(entry: Entry, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const hasher = nodeSha256.create();
    const range = { offset: entry.dataOffset, length: entry.storedSize };
    const content = decoder.stream(entry, { maxDecoderBytes: maxWindowBytes });
    const push = pushInTurns(content, signal);
    try {
      for await (const chunk of archive.data.read(range, { signal })) {
        for await (const piece of push(chunk)) hasher.update(piece);
        yield chunk;
      }
      content.end();
      if (Buffer.compare(hasher.digest(), entry.hash) !== 0) throw new Error(`${entry.path}: wrong content`);
    } catch (error) {
      // From now on the archive's own reader deals with it: it knows larger windows, and says best what is wrong.
      if (!signal.aborted) refused.add(entry.path);
      throw error;
    } finally {
      content.close();
    }
  }
  return {
    suits: ({ compression, size, storedSize, path }) =>
      compression === "zstd" && storedSize > 0 && storedSize < size && !refused.has(path),
    async open(entry, signal) {
      const chunks = checked(entry, signal);
      try {
        const first: Uint8Array[] = [];
        // Of a large file the first piece: the frame's header is in it.
        for (;;) {
          const { done = false, value } = await chunks.next();
          if (done) return first;
          if (value !== undefined) first.push(value);
          if (entry.size > verifiedFirstBytes) return concatenate(first, chunks);
        }
      } catch {
        signal.throwIfAborted();
        return undefined;
      }
    },
  };
}

async function* concatenate(
  first: Iterable<Uint8Array>,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* first;
  yield* rest;
}
