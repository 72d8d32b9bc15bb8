import type { CreateProgress, ExtractProgress } from "@blob/format/node";

/** How many bytes of a stage are done. */
export interface ByteProgress<Stage extends string> {
  /** What is being done. */
  readonly stage: Stage;
  /** So far, in this stage. */
  readonly bytesDone: number;
  /** 0 as long as it is not known. */
  readonly bytesTotal: number;
}

/** How far the upload of a blob is. It starts again from a lower value when an upload is retried. */
export type PushProgress = ByteProgress<"pushing-index" | "pushing-data">;

/** How far an archive is from being open. */
export type FetchProgress = ByteProgress<"fetching-manifest" | "fetching-index">;

/** How far a verb is. Bytes and files are of the stage that is named. */
export type ClientProgress = CreateProgress | ExtractProgress | PushProgress | FetchProgress;
