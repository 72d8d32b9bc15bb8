import type { Archive } from "@blob/format";
import { bufferSource, openArchive } from "@blob/format";
import { createArchive } from "@blob/format/node";

/** An archive in memory that came from nowhere, whose data can be damaged. */
export async function createAnonymousArchive(
  files: Readonly<Record<string, string>>,
): Promise<{ readonly archive: Archive; readonly damage: () => void }> {
  const given = Object.entries(files).map(([path, content]) => ({ path, content: Buffer.from(content) }));
  const chunks: Uint8Array[] = [];
  const sink = { write: (chunk: Uint8Array) => void chunks.push(chunk.slice()) };
  const { index } = await createArchive(given, sink, { compression: "none" });
  const data = new Uint8Array(Buffer.concat(chunks));
  return {
    archive: openArchive(index.bytes, bufferSource(data)),
    damage: () => void data.fill(0x21),
  };
}
