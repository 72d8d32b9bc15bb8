import type { SignalOptions } from "../../sources/byte-source.js";
import type { DirectoryAccess } from "../files/open-directory.js";
import type { DroppedModeBits } from "./file-columns.js";
import type { FoundFiles } from "./found-files.js";
import type { FilterOptions } from "./path-filter.js";

/** Why a file of the directory is not part of the archive. */
export type SkipReason =
  /** A symbolic link, and links are not followed. */
  | "symbolic-link"
  /** A symbolic link that leads out of the directory. */
  | "link-outside"
  /** A symbolic link to one of its own parents. */
  | "link-loop"
  /** A symbolic link to nothing. */
  | "link-broken"
  /** A socket, FIFO or device. */
  | "special-file"
  /** A name that is not UTF-8. The reported path has U+FFFD in its place. */
  | "name-not-utf8"
  /** A name that archive paths cannot have. */
  | "name-not-allowed"
  /** The archive that is being written. */
  | "output";

/** A file of the directory that is not part of the archive. */
export interface SkippedFile {
  /** The archive path that it would have. */
  readonly path: string;
  /** Why it is left out. */
  readonly reason: SkipReason;
}

/** What a walk found. */
export interface WalkResult {
  readonly files: FoundFiles;
  /** Sum of the sizes in bytes. */
  readonly size: number;
  readonly skipped: readonly SkippedFile[];
  readonly modeBitsDropped: readonly DroppedModeBits[];
}

/** How a directory is walked. */
export interface WalkOptions extends SignalOptions, FilterOptions {
  /** What to do with symbolic links: default `skip` (and report). A followed link must stay inside the directory. */
  readonly symlinks?: "skip" | "follow" | "error" | undefined;
  /** More files than this are a `TooManyFiles` error. */
  readonly maxFiles?: number | undefined;
  /** Also files with a time that an archive cannot say: otherwise they are an `InvalidArgument` error. */
  readonly anyTime?: boolean | undefined;
  /** Archive paths that are being written by the same job. */
  readonly outputs?: ReadonlySet<string> | undefined;
  /** Says of each file whether it is worth a try to compress it. Default: nobody asks. */
  readonly shouldCompress?: ((path: string, size: number) => boolean) | undefined;
  /** How directories are held; default: as this system can best. */
  readonly access?: DirectoryAccess | undefined;
  /**
   * Called now and then with the files found so far, and a guess at the share of the directory that they are: of the
   * directories that are known, how many were listed.
   */
  readonly onFound?: ((files: number, size: number, share: number) => void) | undefined;
}
