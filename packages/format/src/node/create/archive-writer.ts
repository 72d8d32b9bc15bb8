import { createHash } from "node:crypto";
import { nextTurn } from "@blob/core/concurrency";
import type { FileCuts } from "../../index-codec/file-cuts.js";
import type { IndexColumns } from "../../index-codec/index-columns.js";
import { compressionNone, compressionZstd } from "../../index-codec/index-schema.js";
import { indexWritingSteps } from "../../index-codec/index-writer.js";
import { inTurns } from "../../index-codec/steps.js";
import type { PackedBatch } from "./file-batch.js";
import { checkArchiveTime } from "../files/file-time.js";
import type { CreateProgress } from "../files/progress.js";
import type { DataSink, FinishedArchive } from "../files/data-sink.js";
import type { Listing } from "./listing.js";
import type { FileFacts } from "../walk/read-small-file.js";
import type { StagedPiece } from "./stage-files.js";
import { stageFiles } from "./stage-files.js";
import type { ZstdEncoder } from "../../zstd/codec.js";
import type { CompressStage } from "./compress-batch.js";
import { createInlineStage } from "./compress-batch.js";
import type { CreatedArchive, CreateOptions } from "./create-options.js";
import { ContentRows } from "./content-rows.js";
import { createWrittenParts } from "./written-parts.js";
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
  const { reproducible, onProgress, chunking = "fixed" } = options;
  const stage = workers ?? createInlineStage(encoder, { level, changeDetection });
  const contents = new ContentRows(listing.files);
  const writer = createArchiveWriter(listing, contents, sink, { deduplicate, reproducible, onProgress });
  try {
    const how = { changeDetection, chunking, deduplicate, encoder, level, signal };
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

export interface ArchiveWriterOptions {
  /** Store equal content once. */
  readonly deduplicate: boolean;
  readonly reproducible: { readonly sourceDateEpoch: number } | undefined;
  readonly onProgress: ((progress: CreateProgress) => void) | undefined;
}

/** Puts pieces one after another into a sink, and makes the index. */
export interface ArchiveWriter {
  add(piece: StagedPiece): Promise<void>;
  /** Waits for the sink. */
  finish(): Promise<FinishedArchive>;
  /** Waits for the sink after a failure, so that nothing writes to it any more. */
  settle(): Promise<void>;
}

export function createArchiveWriter(
  listing: Listing,
  contents: ContentRows,
  sink: DataSink,
  options: ArchiveWriterOptions,
): ArchiveWriter {
  const { files } = listing;
  const { deduplicate, reproducible } = options;
  // Columns of the index. The others are known before the files are read; what was wrong there is put right at the end.
  const sizes: number[] = [];
  const dataOffsets: number[] = [];
  const storedSizes: number[] = [];
  const compressions: number[] = [];
  const corrections = new Map<number, FileFacts>();
  const dataHash = createHash("sha256");
  let dataSize = 0;
  let contentSize = 0;
  /** The sink's last write: at most one is under way. */
  let writing = Promise.resolve();
  const cuts: FileCuts[] = [];
  /** The parts of the current large file that are written. */
  let large = createWrittenParts();

  async function write(bytes: Uint8Array): Promise<void> {
    const previous = writing;
    // Hashing is done on this thread while the sink writes what came before.
    dataHash.update(bytes);
    await previous;
    writing = Promise.resolve(sink.write(bytes));
    // A failure is thrown by the next write, or at the end: until then it is not an unhandled one.
    writing.catch(() => undefined);
  }

  /** Where the next row's content is. */
  function push(size: number, dataOffset: number, storedSize: number, compression: number): void {
    sizes.push(size);
    dataOffsets.push(dataOffset);
    storedSizes.push(storedSize);
    compressions.push(compression);
    contentSize += size;
  }

  /** The next row's content is that of an earlier one. */
  function pushDuplicate(size: number, of: number): void {
    push(size, dataOffsets[of] ?? 0, storedSizes[of] ?? 0, compressions[of] ?? compressionNone);
  }

  /** Returns which bytes of a batch are to be written: all, unless a file in it is a duplicate. */
  function pushBatch(first: number, packed: PackedBatch): readonly Uint8Array[] {
    const runs: Uint8Array[] = [];
    let runBegin = 0;
    let end = 0;
    contents.setHashes(first, packed.hashes);
    for (let index = 0; index < packed.sizes.length; index++) {
      const row = first + index;
      const size = packed.sizes[index] ?? 0;
      const storedSize = packed.storedSizes[index] ?? 0;
      const firstRow = deduplicate && size > 0 ? contents.firstOf(row) : row;
      if (firstRow === row) {
        push(size, dataSize, storedSize, packed.compressed[index] === 1 ? compressionZstd : compressionNone);
        dataSize += storedSize;
      } else {
        pushDuplicate(size, firstRow);
        if (end > runBegin) runs.push(packed.bytes.subarray(runBegin, end));
        runBegin = end + storedSize;
      }
      end += storedSize;
    }
    if (end > runBegin) runs.push(packed.bytes.subarray(runBegin, end));
    for (const [index, facts] of packed.facts) correct(first + index, facts);
    return runs;
  }

  async function addPart(part: Extract<StagedPiece, { kind: "part" }>): Promise<void> {
    dataSize += part.bytes.length;
    large.add(part);
    await write(part.bytes);
  }

  function addEnd({ row, content, compressed, cutting }: Extract<StagedPiece, { kind: "end" }>): void {
    correct(row, content.facts);
    const { storedSize } = large;
    const compression = compressed && storedSize > 0 ? compressionZstd : compressionNone;
    push(content.size, dataSize - storedSize, storedSize, compression);
    if (cutting !== undefined && storedSize > 0) cuts.push(large.cuts(row, cutting, compressed));
    large = createWrittenParts();
  }

  function addDuplicate({ row, of, content }: Extract<StagedPiece, { kind: "duplicate" }>): void {
    correct(row, content.facts);
    pushDuplicate(content.size, of);
  }

  function correct(row: number, found: FileFacts | undefined): void {
    if (found !== undefined) corrections.set(row, listing.contents.factsOf(row, found));
  }

  function lastRow(piece: StagedPiece): number {
    return piece.kind === "batch" ? piece.row + piece.packed.sizes.length - 1 : piece.row;
  }

  return {
    async add(piece) {
      if (piece.kind === "batch") for (const run of pushBatch(piece.row, piece.packed)) await write(run);
      else if (piece.kind === "part") await addPart(piece);
      else if (piece.kind === "end") addEnd(piece);
      else addDuplicate(piece);
      options.onProgress?.({
        stage: "compressing",
        path: files.paths[lastRow(piece)],
        bytesDone: contentSize + large.size,
        bytesTotal: listing.result?.size ?? 0,
        filesDone: sizes.length,
        filesTotal: listing.result?.files.paths.length ?? 0,
      });
    },
    async finish() {
      await writing;
      const modes = files.modes.slice();
      const uids = files.uids.slice();
      const gids = files.gids.slice();
      const mtimes = files.mtimes.slice();
      for (const [row, facts] of corrections) {
        modes[row] = facts.mode;
        uids[row] = facts.uid;
        gids[row] = facts.gid;
        if (reproducible === undefined) checkArchiveTime(files.paths[row] ?? "", facts.mtimeNs);
        mtimes[row] = facts.mtimeNs;
      }
      if (reproducible !== undefined) {
        uids.fill(0);
        gids.fill(0);
        mtimes.fill(BigInt(reproducible.sourceDateEpoch) * 1_000_000_000n);
      }
      const hash = dataHash.digest();
      const columns: IndexColumns = {
        paths: files.paths,
        sizes: new Float64Array(sizes),
        hashes: contents.hashes,
        modes,
        uids,
        gids,
        mtimes,
        compressions: new Uint8Array(compressions),
        dataOffsets: new Float64Array(dataOffsets),
        storedSizes: new Float64Array(storedSizes),
        cuts,
      };
      const bytes = await inTurns(indexWritingSteps(columns, dataSize, hash));
      const digest = sha256Digest(await hashInTurns(bytes));
      return {
        index: { bytes, size: bytes.length, digest },
        data: { size: dataSize, digest: sha256Digest(hash) },
        files: files.paths.length,
        size: contentSize,
      };
    },
    settle: () => writing.catch(() => undefined),
  };
}

/** Hashed before others get a turn: about 5 ms. */
const hashedPerTurn = 4 * 1024 * 1024;

async function hashInTurns(bytes: Uint8Array): Promise<Buffer> {
  const hash = createHash("sha256");
  for (let from = 0; from < bytes.length; from += hashedPerTurn) {
    if (from > 0) await nextTurn();
    hash.update(bytes.subarray(from, from + hashedPerTurn));
  }
  return hash.digest();
}

function sha256Digest(hash: Buffer): string {
  return `sha256:${hash.toString("hex")}`;
}
