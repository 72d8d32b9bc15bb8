/** A regular file of a tar stream. */
export interface TarFile {
  /** A valid archive path: relative, without `.` and `..`. */
  readonly path: string;
  /** The size of the content in bytes. */
  readonly size: number;
  /** Permission bits, with setuid, setgid and the sticky bit (`0o7777`). */
  readonly mode: number;
  /** Modification time in nanoseconds since the epoch; may be negative. */
  readonly mtime: bigint;
  /**
   * The content, read once and before the next file is asked for: what is not read by then is skipped. Throws where the
   * tar stream does, and never ends early.
   */
  readonly content: AsyncIterable<Uint8Array>;
}

/** Why a member of a tar stream is not among its files. */
export type TarSkipReason =
  /** A symbolic link. It is never followed. */
  | "symbolic-link"
  /** A further name for an earlier file. */
  | "hard-link"
  /** A device or FIFO. */
  | "special-file"
  /** A file with holes, of which the tar stream has only the parts between them. */
  | "sparse-file"
  /** A name that is not UTF-8. The reported path has U+FFFD in its place. */
  | "name-not-utf8"
  /** A kind of member that POSIX does not define, and whose content may be anything. */
  | "unknown-type";

/** A member of a tar stream that is left out. */
export interface SkippedTarMember {
  /** Its name in the tar, in the form of an archive path where it is UTF-8. */
  readonly path: string;
  /** Why it is left out. */
  readonly reason: TarSkipReason;
}
