import type { Chunk, Entry } from "../../entry.js";
import type { OpenFile } from "../chunks/open-file.js";

/** Where the chunks of a file are said to be on this machine. They are verified: what was said may be out of date. */
export interface LocalChunks {
  /** An open file that has some of the chunks in their own places: the new file may begin as its clone. */
  readonly base?: OpenFile | undefined;
  /** An open file that has the chunk, and where; nothing when it is to be fetched. */
  find(chunk: Chunk): { readonly file: OpenFile; readonly offset: number } | undefined;
  /** Frees the files. Called once, when nobody reads them any more. */
  close(): void;
}

/** Finds chunks of a file that need not be fetched. */
export type FindLocalChunks = (entry: Entry) => LocalChunks | undefined;
