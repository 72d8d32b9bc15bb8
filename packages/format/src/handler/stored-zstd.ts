import type { Archive } from "../archive.js";
import { checkHash, readStored } from "../reading/content-reader.js";
import type { Entry } from "../entry.js";
import type { Sha256 } from "../sha256.js";
import type { ZstdDecoder } from "../zstd/codec.js";
import { pushInTurns } from "../zstd/in-turns.js";
import { verifiedFirstBytes } from "./file-content.js";

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
  open(entry: Entry, signal: AbortSignal): Promise<Uint8Array | AsyncIterable<Uint8Array> | undefined>;
}

export interface Codecs {
  readonly zstd: ZstdDecoder;
  readonly sha256: Sha256;
}

export function createStoredZstd(archive: Archive, { zstd, sha256 }: Codecs): StoredZstd {
  /** What clients cannot decompress: the archive's own reader knows larger windows, and says best what else is wrong. */
  const refused = new Set<string>();

  async function* checked(entry: Entry, signal: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const hasher = sha256.create();
    const content = zstd.stream(entry, { maxDecoderBytes: maxWindowBytes });
    const push = pushInTurns(content, signal);
    const decode = async (work: () => Promise<void> | void): Promise<void> => {
      try {
        await work();
      } catch (error) {
        if (!signal.aborted) refused.add(entry.path);
        throw error;
      }
    };
    try {
      for await (const chunk of readStored(archive.data, entry, signal)) {
        await decode(async () => {
          for await (const piece of push(chunk)) hasher.update(piece);
        });
        yield chunk;
      }
      await decode(() => content.end());
    } finally {
      content.close();
    }
    checkHash(hasher.digest(), entry);
  }

  return {
    suits: ({ compression, size, storedSize, path }) =>
      compression === "zstd" && storedSize > 0 && storedSize < size && !refused.has(path),
    async open(entry, signal) {
      const chunks = checked(entry, signal);
      try {
        if (entry.size <= verifiedFirstBytes) return await collect(chunks, entry.storedSize);
        // The header of the first frame is in it.
        const first = await chunks.next();
        return first.done === true ? chunks : resume(first.value, chunks);
      } catch (error) {
        signal.throwIfAborted();
        if (refused.has(entry.path)) return undefined;
        throw error;
      }
    },
  };
}

async function collect(chunks: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const whole = new Uint8Array(size);
  let at = 0;
  for await (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** No generator: one that nobody has begun to read would not close what it reads from. */
function resume(
  first: Uint8Array,
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncIterable<Uint8Array> {
  let head: Uint8Array | undefined = first;
  const iterator: AsyncIterator<Uint8Array, void, undefined> = {
    async next() {
      if (head === undefined) return rest.next();
      const value = head;
      head = undefined;
      return { done: false, value };
    },
    return: () => rest.return(),
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
