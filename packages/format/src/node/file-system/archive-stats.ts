import type { DirectoryEntry } from "../../entry.js";

/** What kind of thing something is, as `Stats` and `Dirent` of `node:fs` answer. */
export class ArchiveKind {
  readonly #kind: DirectoryEntry["kind"];

  constructor(kind: DirectoryEntry["kind"]) {
    this.#kind = kind;
  }

  isFile(): boolean {
    return this.#kind === "file";
  }

  isDirectory(): boolean {
    return this.#kind === "directory";
  }

  isSymbolicLink(): boolean {
    return false;
  }

  isBlockDevice(): boolean {
    return false;
  }

  isCharacterDevice(): boolean {
    return false;
  }

  isFIFO(): boolean {
    return false;
  }

  isSocket(): boolean {
    return false;
  }
}

/** A file's kind, among the bits of its mode. */
const [fileBit, directoryBit] = [0o100000, 0o040000];

/** Archives have no directories of their own, and so no modes of them. */
const directoryMode = 0o755;

interface Facts {
  readonly mode: number;
  readonly size: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
}

function factsOf(found: DirectoryEntry): Facts {
  if (found.kind === "directory") {
    return { mode: directoryBit | directoryMode, size: 0, uid: 0, gid: 0, mtimeNs: 0n };
  }
  const { mode, size, uid, gid, mtimeNs } = found.entry;
  return { mode: fileBit | mode, size, uid, gid, mtimeNs };
}

const blockBytes = 4096;

/** `Stats` of `node:fs`. All times are the modification time; there are no devices and inodes. */
export class ArchiveStats extends ArchiveKind {
  readonly dev = 0;
  readonly ino = 0;
  readonly nlink = 1;
  readonly rdev = 0;
  readonly blksize: number = blockBytes;
  readonly blocks: number;
  readonly mode: number;
  readonly size: number;
  readonly uid: number;
  readonly gid: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly birthtime: Date;

  constructor(found: DirectoryEntry) {
    super(found.kind);
    const { mode, size, uid, gid, mtimeNs } = factsOf(found);
    this.mode = mode;
    this.size = size;
    this.uid = uid;
    this.gid = gid;
    this.blocks = Math.ceil(size / 512);
    const milliseconds = Number(mtimeNs) / 1e6;
    this.atimeMs = this.mtimeMs = this.ctimeMs = this.birthtimeMs = milliseconds;
    this.atime = this.mtime = this.ctime = this.birthtime = new Date(milliseconds);
  }
}

/** `BigIntStats` of `node:fs`. */
export class ArchiveBigIntStats extends ArchiveKind {
  readonly dev = 0n;
  readonly ino = 0n;
  readonly nlink = 1n;
  readonly rdev = 0n;
  readonly blksize: bigint = BigInt(blockBytes);
  readonly blocks: bigint;
  readonly mode: bigint;
  readonly size: bigint;
  readonly uid: bigint;
  readonly gid: bigint;
  readonly atimeMs: bigint;
  readonly mtimeMs: bigint;
  readonly ctimeMs: bigint;
  readonly birthtimeMs: bigint;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly birthtimeNs: bigint;
  readonly atime: Date;
  readonly mtime: Date;
  readonly ctime: Date;
  readonly birthtime: Date;

  constructor(found: DirectoryEntry) {
    super(found.kind);
    const { mode, size, uid, gid, mtimeNs } = factsOf(found);
    this.mode = BigInt(mode);
    this.size = BigInt(size);
    this.uid = BigInt(uid);
    this.gid = BigInt(gid);
    this.blocks = BigInt(Math.ceil(size / 512));
    this.atimeNs = this.mtimeNs = this.ctimeNs = this.birthtimeNs = mtimeNs;
    const milliseconds = mtimeNs / 1_000_000n;
    this.atimeMs = this.mtimeMs = this.ctimeMs = this.birthtimeMs = milliseconds;
    this.atime = this.mtime = this.ctime = this.birthtime = new Date(Number(milliseconds));
  }
}

/** `Dirent` of `node:fs`. */
export class ArchiveDirent extends ArchiveKind {
  readonly name: string | Buffer;
  /** The directory that it is in. */
  readonly parentPath: string;
  /** The same, as it was called before Node 20.12. */
  readonly path: string;

  constructor(kind: DirectoryEntry["kind"], name: string | Buffer, parentPath: string) {
    super(kind);
    this.name = name;
    this.parentPath = parentPath;
    this.path = parentPath;
  }
}
