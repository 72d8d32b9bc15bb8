/**
 * The files of an archive to be, a row each, in the order of their paths' bytes. A column for each fact: hundreds of
 * thousands of files are to cost little before anything of them is read. The columns of numbers may be longer than
 * there are files.
 */
export interface FileColumns {
  /** The archive paths. */
  readonly paths: readonly string[];
  /** In bytes, when they were found; so are the other facts. */
  readonly sizes: Float64Array;
  /** Permission bits. */
  readonly modes: Uint32Array;
  readonly uids: Uint32Array;
  readonly gids: Uint32Array;
  /** Nanoseconds since the epoch. */
  readonly mtimes: BigInt64Array;
  /** Rows of files whose time does not fit into its column. */
  readonly farTimes: ReadonlySet<number>;
  /** 1 where it is worth a try to compress the content. */
  readonly compress: Uint8Array;
}

/** A file that is archived without bits of its mode: the format has permissions only. */
export interface DroppedModeBits {
  /** Its archive path. */
  readonly path: string;
  /** Which bits the file has on disk and does not have in the archive. */
  readonly bits: readonly ("setuid" | "setgid" | "sticky")[];
}

/** A row. */
export interface FileRow {
  readonly path: string;
  readonly size: number;
  /** Bits beside permissions are noted as dropped, except those of the file's kind. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  readonly compress: boolean;
}

/** The same while it grows: columns are replaced by longer ones. */
export class GrowingColumns implements FileColumns {
  readonly paths: string[] = [];
  sizes: Float64Array = new Float64Array(1024);
  modes: Uint32Array = new Uint32Array(1024);
  uids: Uint32Array = new Uint32Array(1024);
  gids: Uint32Array = new Uint32Array(1024);
  mtimes: BigInt64Array = new BigInt64Array(1024);
  compress: Uint8Array = new Uint8Array(1024);
  readonly farTimes: Set<number> = new Set();
  readonly modeBitsDropped: DroppedModeBits[] = [];

  /** Returns its number. */
  addRow({ path, size, mode, uid, gid, mtimeNs, compress }: FileRow): number {
    const row = this.paths.length;
    if (row === this.sizes.length) this.#grow(2 * row);
    this.paths.push(path);
    this.sizes[row] = size;
    if ((mode & 0o7000) !== 0) this.modeBitsDropped.push({ path, bits: specialBits(mode) });
    this.modes[row] = mode & 0o777;
    this.uids[row] = uid;
    this.gids[row] = gid;
    this.mtimes[row] = mtimeNs;
    if (this.mtimes[row] !== mtimeNs) this.farTimes.add(row);
    this.compress[row] = compress ? 1 : 0;
    return row;
  }

  #grow(rows: number): void {
    this.sizes = enlarged(new Float64Array(rows), this.sizes);
    this.modes = enlarged(new Uint32Array(rows), this.modes);
    this.uids = enlarged(new Uint32Array(rows), this.uids);
    this.gids = enlarged(new Uint32Array(rows), this.gids);
    this.mtimes = enlarged(new BigInt64Array(rows), this.mtimes);
    this.compress = enlarged(new Uint8Array(rows), this.compress);
  }
}

function specialBits(mode: number): DroppedModeBits["bits"] {
  return [
    ...((mode & 0o4000) === 0 ? [] : (["setuid"] as const)),
    ...((mode & 0o2000) === 0 ? [] : (["setgid"] as const)),
    ...((mode & 0o1000) === 0 ? [] : (["sticky"] as const)),
  ];
}

function enlarged<T extends { set(from: T): void }>(larger: T, column: T): T {
  larger.set(column);
  return larger;
}
