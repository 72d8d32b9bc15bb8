import type { CreateProgress } from "@blob/format/node";

/** How far a verb is. Bytes and files are of the stage that is named. */
export type ClientProgress =
  | CreateProgress
  | {
      readonly stage: "pushing-index" | "pushing-data" | "fetching-manifest" | "fetching-index";
      readonly bytesDone: number;
      readonly bytesTotal: number;
    };
