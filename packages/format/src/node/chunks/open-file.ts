/** An open file, by the number of its handle: all threads of a process have it. */
export interface OpenFile {
  readonly handle: number;
  /** For messages. */
  readonly name: string;
}
