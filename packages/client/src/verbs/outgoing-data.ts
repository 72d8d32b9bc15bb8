import { linkSignals } from "@blob/core/abort";
import type { CreateProgress, DataSink } from "@blob/format/node";
import type { BlobId } from "@blob/registry";
import type { OutgoingStream, StreamingRegistry } from "./outgoing-stream.js";
import { createOutgoingStream, NotStreamed, queuedBytes } from "./outgoing-stream.js";
import type { SpoolFile } from "./spool-file.js";
import { createStreamDecision } from "./stream-decision.js";

/** What is held at most until the repository was looked at. */
const heldBytes = 16 * 1024 * 1024;

/**
 * As long as a stream is no more than this, what was sent is kept: enough for a registry that refuses a stream as soon as
 * it is asked.
 */
const keptBytes = heldBytes + queuedBytes;

/** Where the data of an archive goes, and to whom progress is told, while the archive is made. */
export interface OutgoingData extends DataSink {
  follow(progress: CreateProgress): void;
  /** The archive is complete. Resolves to what opens its data, until `settle`; undefined when all was streamed. */
  end(data: BlobId): Promise<((signal: AbortSignal) => AsyncIterable<Uint8Array>) | undefined>;
  /** The archive will not be completed. */
  fail(error: unknown): void;
  /** Resolves when nothing is sent any more, and no spool is left. */
  settle(): Promise<void>;
}

export interface OutgoingDataOptions {
  readonly registry: StreamingRegistry;
  readonly repository: string;
  readonly tag: string;
  readonly signal: AbortSignal | undefined;
  /** Undefined where there cannot be a spool while the archive is made. */
  readonly openSpool: () => Promise<SpoolFile | undefined>;
  /** Told about bytes of a stream only when their number in total is known. */
  readonly onProgress: (bytesDone: number, bytesTotal: number) => void;
}

/** Not an error of anybody: the archive has to be made again, into files. */
export class SpoolInstead extends Error {}

/**
 * Holds data while it is being made, until it is known whether it can be sent without the risk that it is sent in vain: a
 * repository that is empty, or whose tag has an archive with other files, does not have it. Then it is streamed. Everywhere
 * else the digest has to be known first: it goes into a spool. So it does when a stream is refused while all of it is still
 * held. When one breaks off later, and where there cannot be a spool, `write` or `end` rejects with {@link SpoolInstead}.
 */
export function createOutgoingData(options: OutgoingDataOptions): OutgoingData {
  const { registry, repository, onProgress } = options;
  const link = linkSignals(options.signal);
  const { signal } = link;
  const decision = createStreamDecision(registry, repository, options.tag, signal);
  /** All that was made, while it is little. */
  let held: Uint8Array[] | undefined = [];
  let heldSize = 0;
  let stream: OutgoingStream | undefined;
  let spool: SpoolFile | undefined;

  function hold(chunk: Uint8Array): void {
    heldSize += chunk.length;
    if (stream !== undefined && heldSize > keptBytes) held = undefined;
    held?.push(chunk);
  }

  async function write(to: OutgoingStream, chunks: readonly Uint8Array[]): Promise<void> {
    try {
      for (const chunk of chunks) await to.write(chunk);
    } catch (error) {
      if (!(error instanceof NotStreamed)) throw error;
      await beginSpool();
    }
  }

  async function beginSpool(): Promise<void> {
    if (held === undefined) throw new SpoolInstead();
    spool = await options.openSpool();
    if (spool === undefined) throw new SpoolInstead();
    for (let chunk = held.shift(); chunk !== undefined; chunk = held.shift()) await spool.write(chunk);
  }

  return {
    async write(chunk) {
      if (spool !== undefined) return spool.write(chunk);
      hold(chunk);
      if (stream !== undefined) return write(stream, [chunk]);
      if (heldSize > heldBytes) await decision.look();
      const isToStream = decision.isToStream(heldSize);
      if (isToStream === false) await beginSpool();
      if (isToStream !== true) return;
      const abort = (error: unknown): void => link.abort(error);
      stream = createOutgoingStream({ registry, repository, signal, abort, onProgress });
      await write(stream, [...(held ?? [])]);
    },
    follow(step) {
      if (stream === undefined && spool === undefined) decision.follow(step);
    },
    async end(data) {
      const spooled = spool;
      if (spooled !== undefined) return (stop) => spooled.read(stop);
      try {
        await stream?.end(data);
        if (stream !== undefined) return undefined;
      } catch (error) {
        if (!(error instanceof NotStreamed)) throw error;
        if (held === undefined) throw new SpoolInstead();
      }
      // Nobody needs the answer any more.
      link.abort(new Error("it is known what to do"));
      const left = held ?? [];
      return () => chunksOf(left);
    },
    fail(error) {
      if (stream === undefined) link.abort(error);
      else stream.fail(error);
    },
    async settle() {
      await stream?.settle();
      link.abort(new Error("it is known what to do"));
      await decision.settle();
      link.release();
      await spool?.remove();
    },
  };
}

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}
