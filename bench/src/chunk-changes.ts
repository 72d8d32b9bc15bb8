import { openArchive, bufferSource } from "@blob/format";
import type { Archive } from "@blob/format";
import { createArchive } from "@blob/format/node";
import type { CreateOptions } from "@blob/format/node";

export type Chunked = "fixed" | "content";

/** What a change of one large file costs. */
export interface ChangeCost {
  readonly change: string;
  readonly chunking: Chunked;
  readonly compression: "zstd" | "none";
  /** Stored bytes of the chunks that the file before did not have: what a sync fetches. */
  readonly moved: number;
  readonly stored: number;
}

/** What one byte costs, in the middle or at the end. */
export async function measureChanges(before: Buffer): Promise<readonly ChangeCost[]> {
  const middle = before.length >> 1;
  const [head, tail] = [before.subarray(0, middle), before.subarray(middle)];
  const changes = {
    changed: [head, Buffer.of((tail[0] ?? 0) ^ 1), tail.subarray(1)],
    appended: [before, Buffer.of(1)],
    inserted: [head, Buffer.of(1), tail],
    deleted: [head, tail.subarray(1)],
  };
  const costs: ChangeCost[] = [];
  for (const compression of ["zstd", "none"] as const) {
    for (const chunking of ["fixed", "content"] as const) {
      const known = new Set([...chunksOf(await archiveOf([before], { compression, chunking }))].map(keyOf));
      for (const [change, parts] of Object.entries(changes)) {
        let moved = 0;
        let stored = 0;
        for (const chunk of chunksOf(await archiveOf(parts, { compression, chunking }))) {
          stored += chunk.storedSize;
          if (!known.has(keyOf(chunk))) moved += chunk.storedSize;
        }
        costs.push({ change, chunking, compression, moved, stored });
      }
    }
  }
  return costs;
}

/** Bytes of the index, and of the data, of an archive of one file. */
export async function archiveSizes(
  content: Buffer,
  options: CreateOptions,
): Promise<{ readonly index: number; readonly data: number; readonly chunks: number }> {
  const { index, data } = await createArchive(
    [{ path: "file", content }],
    { write: () => undefined },
    options,
  );
  const archive = openArchive(index.bytes, bufferSource(new Uint8Array(data.size)));
  return { index: index.size, data: data.size, chunks: archive.chunks("file")?.count ?? 0 };
}

async function archiveOf(parts: readonly Uint8Array[], options: CreateOptions): Promise<Archive> {
  const files = [{ path: "file", content: Buffer.concat(parts) }];
  const { index, data } = await createArchive(files, { write: () => undefined }, options);
  // Only its index is looked at.
  return openArchive(index.bytes, bufferSource(new Uint8Array(data.size)));
}

function chunksOf(archive: Archive): NonNullable<ReturnType<Archive["chunks"]>> {
  const chunks = archive.chunks("file");
  if (chunks === undefined) throw new Error("the archive does not say how its file is cut");
  return chunks;
}

function keyOf({ hash }: { readonly hash: Uint8Array }): string {
  return Buffer.from(hash).toString("hex");
}
