import { createHash } from "node:crypto";

import type { Entry } from "../entry.js";
import { encodeIndex } from "../index-encoder.js";
import type { CreateProgress } from "./progress.js";
import { contentKey } from "./stage-files.js";
import type { FinishedFile, PlannedFile, StagedPiece } from "./stage-files.js";

/** Takes the bytes of the data part, in order. It may keep a chunk; the next one comes when the promise is done. */
export interface DataSink {
  write(chunk: Uint8Array): Promise<void> | void;
}

/** What was written. Digests are spelled `sha256:…`, sizes are in bytes. */
export interface FinishedArchive {
  readonly index: { readonly bytes: Uint8Array; readonly size: number; readonly digest: string };
  readonly data: { readonly size: number; readonly digest: string };
  readonly files: number;
  /** Sum of the files' sizes. */
  readonly size: number;
}

export interface ArchiveWriterOptions {
  /** Store equal content once. */
  readonly deduplicate: boolean;
  readonly reproducible: { readonly sourceDateEpoch: number } | undefined;
  readonly onProgress: ((progress: CreateProgress) => void) | undefined;
  readonly bytesTotal: number;
  readonly filesTotal: number;
}

/** Puts pieces one after another into a sink, and makes the index. */
export interface ArchiveWriter {
  add(piece: StagedPiece): Promise<void>;
  /** Waits for the sink. */
  finish(): Promise<FinishedArchive>;
  /** Waits for the sink after a failure, so that nothing writes to it any more. */
  settle(): Promise<void>;
}

type Stored = Pick<Entry, "dataOffset" | "storedSize" | "compression">;

export function createArchiveWriter(sink: DataSink, options: ArchiveWriterOptions): ArchiveWriter {
  const entries: Entry[] = [];
  const known = new Map<string, Stored>();
  const dataHash = createHash("sha256");
  let dataSize = 0;
  let contentSize = 0;
  /** The sink's last write: at most one is under way. */
  let writing = Promise.resolve();
  /** The part of the current large file that is written. */
  let large = { stored: 0, size: 0 };

  async function write(bytes: Uint8Array): Promise<void> {
    const previous = writing;
    // Hashing is done on this thread while the sink writes what came before.
    dataHash.update(bytes);
    dataSize += bytes.length;
    await previous;
    writing = Promise.resolve(sink.write(bytes));
    // A failure is thrown by the next write, or at the end: until then it is not an unhandled one.
    writing.catch(() => undefined);
  }

  function push(file: PlannedFile, content: FinishedFile, stored: Stored): void {
    const { facts, size, hash } = content;
    entries.push({ path: file.path, size, hash, ...facts, ...fixedFacts(options.reproducible), ...stored });
    contentSize += size;
  }

  async function addBatch({ files, packed }: Extract<StagedPiece, { kind: "batch" }>): Promise<void> {
    // Bytes that follow each other are written by one call: all of a batch, unless a file in it is a duplicate.
    const runs: { from: number; to: number }[] = [];
    let dataOffset = dataSize;
    let from = 0;
    for (const [index, file] of files.entries()) {
      const size = packed.sizes[index] ?? 0;
      const storedSize = packed.storedSizes[index] ?? 0;
      const facts = packed.facts.get(index) ?? file.facts;
      const hash = packed.hashes.subarray(32 * index, 32 * (index + 1));
      const key = options.deduplicate && size > 0 ? contentKey(hash, file.compress) : undefined;
      let stored = key === undefined ? undefined : known.get(key);
      if (stored === undefined) {
        stored = { dataOffset, storedSize, compression: packed.compressed[index] === 1 ? "zstd" : "none" };
        if (key !== undefined) known.set(key, stored);
        dataOffset += storedSize;
        const last = runs.at(-1);
        if (last?.to === from) last.to += storedSize;
        else runs.push({ from, to: from + storedSize });
      }
      push(file, { facts, size, hash }, stored);
      from += storedSize;
    }
    for (const run of runs) if (run.to > run.from) await write(packed.bytes.subarray(run.from, run.to));
  }

  function addLarge({ file, content, compressed }: Extract<StagedPiece, { kind: "end" }>): void {
    const stored: Stored = {
      dataOffset: dataSize - large.stored,
      storedSize: large.stored,
      compression: compressed && large.stored > 0 ? "zstd" : "none",
    };
    known.set(contentKey(content.hash, file.compress), stored);
    large = { stored: 0, size: 0 };
    push(file, content, stored);
  }

  function addDuplicate({ file, content }: Extract<StagedPiece, { kind: "duplicate" }>): void {
    const stored = known.get(contentKey(content.hash, file.compress));
    if (stored === undefined) throw new TypeError("The content that a duplicate refers to was not stored");
    push(file, content, stored);
  }

  async function addPart(piece: Extract<StagedPiece, { kind: "part" }>): Promise<void> {
    await write(piece.bytes);
    large = { stored: large.stored + piece.bytes.length, size: large.size + piece.size };
  }

  return {
    async add(piece) {
      if (piece.kind === "batch") await addBatch(piece);
      else if (piece.kind === "part") await addPart(piece);
      else if (piece.kind === "end") addLarge(piece);
      else addDuplicate(piece);
      options.onProgress?.({
        stage: "compressing",
        path: piece.kind === "batch" ? piece.files.at(-1)?.path : piece.file.path,
        bytesDone: contentSize + large.size,
        bytesTotal: options.bytesTotal,
        filesDone: entries.length,
        filesTotal: options.filesTotal,
      });
    },
    async finish() {
      await writing;
      const hash = dataHash.digest();
      const bytes = encodeIndex({ entries, dataSize, dataHash: hash });
      const digest = sha256Digest(createHash("sha256").update(bytes).digest());
      return {
        index: { bytes, size: bytes.length, digest },
        data: { size: dataSize, digest: sha256Digest(hash) },
        files: entries.length,
        size: contentSize,
      };
    },
    settle: () => writing.catch(() => undefined),
  };
}

function fixedFacts(reproducible: ArchiveWriterOptions["reproducible"]): Partial<Entry> {
  if (reproducible === undefined) return {};
  return { uid: 0, gid: 0, mtimeNs: BigInt(reproducible.sourceDateEpoch) * 1_000_000_000n };
}

function sha256Digest(hash: Buffer): string {
  return `sha256:${hash.toString("hex")}`;
}
