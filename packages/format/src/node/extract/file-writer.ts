import type { Entry } from "../../entry.js";
import type { BatchPlaces, WrittenBatch } from "./extract-batch.js";
import type { FactsNotKept } from "./facts-not-kept.js";
import type { Extraction } from "./extract-options.js";
import type { OpenFile } from "../chunks/open-file.js";
import type { FinishedFile, TemporaryFacts } from "../files/temporary-file.js";

/** How files get their names and facts. */
export interface FileWriterOptions {
  /** Replace what has the name. Otherwise it is left alone. */
  readonly overwrite: boolean;
  readonly preserveMode: boolean;
  readonly preserveTimes: boolean;
  /** Whether a file may be another name of one that is kept, with the facts of that. */
  readonly mayLink: boolean;
}

/** A file that has no name that anybody knows until its content was verified. */
export interface PendingFile {
  /** The whole content. */
  write(content: Uint8Array): void;
  /** The next part of it, on another thread. One call after the other, and none while one is under way. */
  writeLater(chunks: readonly Uint8Array[]): Promise<void>;
  /** Gives the file its name; false when it is left alone because something has the name. */
  commit(): boolean;
  /** Removes the file unless it was committed, and frees its handles. */
  dispose(): void;
}

/** The place of a file that another thread writes, in a directory that is held until it is disposed of. */
export interface ReservedFile {
  /** Where to write it: a name that nobody knows. */
  readonly location: string;
  readonly facts: TemporaryFacts;
  /** Gives the file its name; false as for {@link PendingFile.commit}. */
  commit(file: FinishedFile): boolean;
  /**
   * The same when the file is another name of one that belongs to somebody else; see {@link FileWriter.canLink}. False
   * also when it cannot get its name in this way.
   */
  commitLink(ino: bigint): boolean;
  /** Removes the file unless it was committed, and lets the directory go. Nobody may write to it any more. */
  dispose(): void;
}

/** Places of files that another thread writes and names, in directories that are held until it is disposed of. */
export interface ReservedFiles {
  readonly places: BatchPlaces;
  /**
   * Notes what has its name, and gives the others theirs; false for those that were left alone, as for
   * {@link PendingFile.commit}. `settled` waits until everything that other threads are writing by now has been noted.
   */
  commit(written: WrittenBatch, settled: () => Promise<void>): Promise<readonly boolean[]>;
  /** Removes what has no name, and lets the directories go. Nobody may write there any more. */
  dispose(): void;
}

/** A large file whose parts are written in any order, by any thread, and by more than one run. */
export interface PartialFile {
  /** Open for reading and writing until the file is committed or disposed of. */
  readonly file: OpenFile;
  /** So many bytes an earlier run, or a cloned file, has left, of which nobody knows what they are. */
  readonly found: number;
  /** Whether these are the cloned file's. */
  readonly isClone: boolean;
  /** What somebody else has left who may still write to it: it is only read, and as little is known of it. */
  readonly earlier: OpenFile | undefined;
  /**
   * Gives the file its size and its name, and removes what earlier runs have left of it; false as for
   * {@link PendingFile.commit}.
   */
  commit(): boolean;
  /** Frees the handles; unless it was committed, the file is removed, or kept for the next run. */
  dispose(keep: boolean): void;
}

/** Makes files below a destination. Remembers them, so that two paths that the file system takes for one are noticed. */
export interface FileWriter {
  /**
   * Whether something stands at the place of a file; a directory is an error. To be asked before anything is written:
   * a later answer may be out of date, which {@link PendingFile.commit} notices.
   */
  isTaken(target: string): boolean;
  create(target: string, entry: Entry): PendingFile;
  /**
   * For files that are written chunk by chunk: takes over what an earlier run has left of it, or else begins with what
   * another file has, where the file system lets both share it.
   */
  createPartial(target: string, entry: Entry, base?: OpenFile): PartialFile;
  /** Removes what earlier runs have left of a file that is there. */
  forgetPartials(target: string): void;
  /** Whether another thread may write: where directories are held. What was only checked may change on the way. */
  readonly canReserve: boolean;
  /** For a writer on another thread. */
  reserve(target: string, entry: Entry): ReservedFile;
  /** The same for many at once, which that thread also names. There may be 65,536 directories. */
  reserveAll(files: readonly Extraction[]): ReservedFiles;
  /**
   * Whether a file may be another name of one that belongs to somebody else: it must need no mode and time of its own,
   * and only get a name that was free when {@link isTaken} looked.
   */
  canLink(target: string): boolean;
  /** What has the name now, for those who know what it should be. Throws when it is not a file. */
  read(target: string): AsyncIterable<Uint8Array>;
  /** What files do not have that they were to have, as far as they have their names. */
  readonly notKept: readonly FactsNotKept[];
}
