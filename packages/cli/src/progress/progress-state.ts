/** How far a command is: of the stage that it is at. What is not known is 0 or undefined. */
export interface ProgressState {
  readonly stage: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly filesDone?: number | undefined;
  readonly filesTotal?: number | undefined;
}

/** With what follows from the past seconds. */
export interface MeasuredProgress extends ProgressState {
  /** Bytes in a second; undefined until it can be told. */
  readonly rate: number | undefined;
  readonly secondsLeft: number | undefined;
}

const stages: Readonly<Record<string, string>> = {
  enumerating: "Looking",
  compressing: "Archiving",
  "pushing-index": "Pushing index",
  "pushing-data": "Pushing",
  "fetching-manifest": "Opening",
  "fetching-index": "Opening",
  extracting: "Extracting",
  exporting: "Exporting",
  copying: "Copying",
};

/** A stage in a word for people. */
export function stageName(stage: string): string {
  return stages[stage] ?? stage;
}
