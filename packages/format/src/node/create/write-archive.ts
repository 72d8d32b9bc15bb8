import type { ZstdEncoder } from "../../zstd/codec.js";
import { createArchiveWriter } from "./archive-writer.js";
import type { DataSink } from "./data-sink.js";
import { createInlineStage } from "./compress-stage.js";
import type { CompressStage } from "./compress-stage.js";
import type { CreatedArchive, CreateOptions } from "./create-options.js";
import { ContentRows } from "./content-rows.js";
import type { Listing } from "./listing.js";
import { stageFiles } from "./stage-files.js";
import { defaultLevel } from "../zstd/zstd-encoders.js";

/** The second half of `createArchive`: reads and compresses what is listed, on this thread unless there are workers. */
export async function writeArchive(
  listing: Listing,
  workers: CompressStage | undefined,
  encoder: ZstdEncoder | undefined,
  sink: DataSink,
  options: CreateOptions,
): Promise<CreatedArchive> {
  const { signal, level = defaultLevel, changeDetection = "none", deduplicate = true } = options;
  const { reproducible, onProgress } = options;
  const stage = workers ?? createInlineStage(encoder, { level, changeDetection });
  const contents = new ContentRows(listing.files);
  const writer = createArchiveWriter(listing, contents, sink, { deduplicate, reproducible, onProgress });
  try {
    const how = { changeDetection, deduplicate, encoder, level, signal };
    for await (const piece of stageFiles(listing, contents, stage, how)) {
      signal?.throwIfAborted();
      await writer.add(piece);
    }
    // Threads end while this one writes the index.
    const closing = stage.close();
    const finished = await writer.finish();
    await closing;
    const { skipped, modeBitsDropped } = await listing.end();
    return { ...finished, skipped, modeBitsDropped };
  } finally {
    await writer.settle();
  }
}
