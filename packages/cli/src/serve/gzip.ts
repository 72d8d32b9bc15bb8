import { Readable } from "node:stream";
import { createGzip } from "node:zlib";

/** Compresses what is sent. Whatever fails before is thrown instead of ending; leaving early stops the source. */
export async function* gzip(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const source = Readable.from(content, { objectMode: false });
  const compressor = createGzip({ level: 4 });
  source.on("error", (error) => compressor.destroy(error));
  try {
    yield* source.pipe(compressor) as AsyncIterable<Uint8Array>;
  } finally {
    source.destroy();
    compressor.destroy();
  }
}
