import { linkSignals } from "@blob/core/abort";
import type { CreateProgress, DataSink } from "@blob/format/node";
import type { BlobId, Registry } from "@blob/registry";
import type { ByteQueue } from "./byte-queue.js";
import { createByteQueue } from "./byte-queue.js";
import type { Comparison } from "./known-archive.js";
import { compareWith, lookAtTag } from "./known-archive.js";

/**
 * For more files than these, the repository is looked at as soon as that is known, while they are archived. Less takes no
 * more requests than it has to: it is held until it is complete.
 */
const unaskedBytes = 16 * 1024 * 1024;

/** What is held at most until the repository was looked at. */
const heldBytes = 16 * 1024 * 1024;

/** An archive of which so much has the files of the one that is there is taken for the same: what was made is made again. */
const comparedBytes = 1024 * 1024;

/** What may wait to be sent. */
const queuedBytes = 8 * 1024 * 1024;

/** Where the data of an archive goes, and to whom progress is told, while the archive is made. */
export interface OutgoingData extends DataSink {
  follow(progress: CreateProgress): void;
  /** The archive is complete. Resolves to what is left to send: nothing when all was streamed. */
  end(data: BlobId): Promise<readonly Uint8Array[]>;
  /** The archive will not be completed. */
  fail(error: unknown): void;
  /** Resolves when nothing is sent any more. */
  settle(): Promise<void>;
}

export interface OutgoingDataOptions {
  readonly registry: Registry & Required<Pick<Registry, "streamBlob">>;
  readonly repository: string;
  readonly tag: string;
  readonly signal: AbortSignal | undefined;
  /** Told about bytes only when their number in total is known. */
  readonly onProgress: (bytesDone: number, bytesTotal: number) => void;
}

/** Not an error of anybody: the archive has to be made again, into files. */
export class SpoolInstead extends Error {}

/**
 * Sends data while it is being made, where that cannot be in vain: a repository that is empty, or whose tag has an archive
 * with other files, does not have what is made now. Everywhere else the digest has to be known first, and `write` or `end`
 * rejects with {@link SpoolInstead}; so it does when a stream breaks off.
 */
export function createOutgoingData(options: OutgoingDataOptions): OutgoingData {
  const { registry, repository, tag, onProgress } = options;
  const link = linkSignals(options.signal);
  const { signal } = link;
  const held: Uint8Array[] = [];
  let heldSize = 0;
  let looking: Promise<void> | undefined;
  let decision: Decision | undefined;
  let stream: { readonly queue: ByteQueue; readonly sent: Promise<void> } | undefined;
  let isOpened = false;
  let blob: BlobId | undefined;
  const steps: CreateProgress[] = [];

  async function look(): Promise<void> {
    const known = await lookAtTag(registry, repository, tag, signal);
    decision = known.kind === "archive" ? compareWith(known.files) : known.kind;
    for (const step of steps.splice(0)) followStep(decision, step);
  }

  function beginLooking(): Promise<void> {
    looking ??= look();
    // Whoever waits for it gets its error.
    looking.catch(() => {});
    return looking;
  }

  /** Nobody needs the answer any more. */
  function stopLooking(): void {
    link.abort(new Error("it is known what to do"));
  }

  /** Whether what is held can be sent; undefined where it is too early to tell. */
  function mayStream(): boolean | undefined {
    if (decision === undefined || typeof decision === "string") return decision && decision === "nothing";
    return decision.differs || heldSize > comparedBytes ? decision.differs : undefined;
  }

  function begin(): ByteQueue {
    const queue = createByteQueue(queuedBytes);
    const open = (): AsyncIterable<Uint8Array> => {
      isOpened = true;
      return queue.read();
    };
    const send = async (): Promise<void> => {
      try {
        const isSent = await registry.streamBlob(
          repository,
          { open, identify: () => blob ?? unknownYet() },
          { signal, onProgress: (bytes) => blob && onProgress(bytes, blob.size) },
        );
        if (!isSent) throw new SpoolInstead();
      } catch (error) {
        queue.leave(error);
        throw error;
      }
    };
    const sent = send();
    // Thrown by the next write, or at the end.
    sent.catch(() => {});
    stream = { queue, sent };
    return queue;
  }

  return {
    async write(chunk) {
      if (stream !== undefined) return stream.queue.write(chunk);
      held.push(chunk);
      heldSize += chunk.length;
      if (heldSize > heldBytes) await beginLooking();
      const isToStream = mayStream();
      if (isToStream === undefined) return;
      if (!isToStream) throw new SpoolInstead();
      const queue = begin();
      for (const first of held.splice(0)) await queue.write(first);
    },
    follow(step) {
      if (stream !== undefined) return;
      if (decision === undefined) steps.push(step);
      else followStep(decision, step);
      // A total that is not known yet, while files are compressed, is a large one.
      const isLarge = Math.max(step.bytesDone, step.bytesTotal) > unaskedBytes;
      if (isLarge || (step.stage === "compressing" && step.filesTotal === 0)) void beginLooking();
    },
    async end(data) {
      blob = data;
      if (stream === undefined) {
        stopLooking();
        return held;
      }
      stream.queue.end();
      await stream.sent;
      return [];
    },
    fail(error) {
      // Who has begun to read cancels the upload, which takes a request.
      if (isOpened) stream?.queue.fail(error);
      else link.abort(error);
    },
    async settle() {
      await stream?.sent.catch(() => {});
      stopLooking();
      await looking?.catch(() => {});
      link.release();
    },
  };
}

type Decision = Comparison | "nothing" | "something";

function followStep(decision: Decision, step: CreateProgress): void {
  if (typeof decision !== "string") decision.follow(step);
}

function unknownYet(): never {
  throw new Error("the bytes have ended before it was known what they are");
}
