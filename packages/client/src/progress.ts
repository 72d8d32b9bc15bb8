import type { CreateProgress, ExtractProgress } from "@blob/format/node";

/** How many bytes of a stage are done. */
export interface ByteProgress<Stage extends string> {
  /** What is being done. */
  readonly stage: Stage;
  /** Bytes done so far in this stage. */
  readonly bytesDone: number;
  /** Bytes of this stage in total; 0 until it is known. */
  readonly bytesTotal: number;
}

/** How far the upload of a blob is. When an upload is retried, it goes back to a lower value. */
export type PushProgress = ByteProgress<"pushing-index" | "pushing-data">;

/** How far opening an archive is. */
export type FetchProgress = ByteProgress<"fetching-manifest" | "fetching-index">;

/** How far a verb is: the numbers are those of the stage that is named. */
export type ClientProgress = CreateProgress | ExtractProgress | PushProgress | FetchProgress;
