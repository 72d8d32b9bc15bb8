import type { ByteSource, ChunkStore, Sha256, ZstdDecoder } from "@blob/format";
import { portableSha256 } from "@blob/format";

/** What decompresses and hashes the contents of archives. */
export interface Codecs {
  readonly zstd: ZstdDecoder;
  readonly sha256: Sha256;
}

let loading: Promise<Codecs> | undefined;
let loaded: Codecs | undefined;

/** The fastest codecs that this runtime has. Loaded when the first content is read, then kept for the process. */
export function loadCodecs(): Promise<Codecs> {
  return (loading ??= load());
}

async function load(): Promise<Codecs> {
  const { loadZstdDecoder, nodeSha256 } = await import("@blob/format/node/read");
  loaded = { zstd: await loadZstdDecoder(), sha256: nodeSha256 };
  return loaded;
}

/**
 * The same codecs for an archive that is opened before they are there: whoever lists it never needs them. Whatever they are
 * given came through {@link withCodecs} or {@link storeWithCodecs}, which wait for them.
 */
export const codecsOnDemand: Codecs = {
  zstd: {
    get name() {
      return loaded?.zstd.name ?? "not loaded";
    },
    decompress: (stored, file, options) => there().zstd.decompress(stored, file, options),
    stream: (file, options) => there().zstd.stream(file, options),
  },
  sha256: {
    // Files without content ask nothing of any source.
    hash: (content) => (loaded?.sha256 ?? portableSha256).hash(content),
    create: () => (loaded?.sha256 ?? portableSha256).create(),
  },
};

function there(): Codecs {
  if (loaded === undefined) throw new TypeError("Stored bytes were read past the source that loads codecs");
  return loaded;
}

/** A source of stored bytes whose first read loads the codecs, while it waits for its own bytes. */
export function withCodecs(inner: ByteSource): ByteSource {
  return {
    id: inner.id,
    size: inner.size,
    read: (range, options) =>
      loaded === undefined ? afterCodecs(inner.read(range, options)) : inner.read(range, options),
  };
}

async function* afterCodecs(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const ready = loadCodecs();
  // Told below, unless reading fails before that.
  ready.catch(() => undefined);
  for await (const chunk of chunks) {
    await ready;
    yield chunk;
  }
  await ready;
}

/** A store of contents that are checked with the codecs. */
export function storeWithCodecs(inner: ChunkStore): ChunkStore {
  return {
    get: async (hash, options) => {
      const [content] = await Promise.all([inner.get(hash, options), loadCodecs()]);
      return content;
    },
    put: (hash, content) => inner.put(hash, content),
  };
}
