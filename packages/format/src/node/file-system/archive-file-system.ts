import type * as nodeFs from "node:fs";
import type * as nodeFsPromises from "node:fs/promises";
import { promisify } from "node:util";

import type { Archive } from "../../archive.js";
import { checkMethods } from "../../option-values.js";
import { openHandle } from "./archive-file-handle.js";
import type { ArchiveFileHandle, ReadResult } from "./archive-file-handle.js";
import { findPath, spellPath } from "./archive-paths.js";
import type { FilePath } from "./archive-paths.js";
import { checkReadFlags, encodeName, encodingOf } from "./file-options.js";
import type { EncodingOptions } from "./file-options.js";
import { nodeError } from "./node-error.js";
import { readWholeFile, streamFile } from "./read-content.js";
import type { ReadFileOptions, ReadStreamOptions } from "./read-content.js";
import { readDirectory, readDirectorySync } from "./read-directory.js";
import type { ReadDirectoryOptions } from "./read-directory.js";
import { checkAccess, readLink, realPathOf, statPath } from "./stat.js";
import type { StatOptions } from "./stat.js";

const writers = [
  "appendFile",
  "chmod",
  "chown",
  "copyFile",
  "cp",
  "lchown",
  "link",
  "lutimes",
  "mkdir",
  "mkdtemp",
  "rename",
  "rm",
  "rmdir",
  "symlink",
  "truncate",
  "unlink",
  "utimes",
  "writeFile",
] as const;

type WriterName = (typeof writers)[number];

/** Methods of `node:fs/promises` over an archive. Those that write reject with `EROFS`. */
export interface ArchiveFilePromises extends Pick<
  typeof nodeFsPromises,
  "access" | "lstat" | "readdir" | "readFile" | "readlink" | "realpath" | "stat" | WriterName
> {
  /** Opens a file or directory for reading. */
  open(path: FilePath, flags?: string | number, mode?: unknown): Promise<ArchiveFileHandle>;
}

/** What readers use of `node:fs`, over an archive: with callbacks, with promises, and at once what reads no content. */
export interface ArchiveFileSystem extends Pick<
  typeof nodeFs,
  | "access"
  | "accessSync"
  | "close"
  | "createReadStream"
  | "existsSync"
  | "fstat"
  | "lstat"
  | "lstatSync"
  | "open"
  | "read"
  | "readdir"
  | "readdirSync"
  | "readFile"
  | "readlink"
  | "readlinkSync"
  | "realpath"
  | "realpathSync"
  | "stat"
  | "statSync"
  | WriterName
> {
  /** The same with promises, and with file handles. */
  readonly promises: ArchiveFilePromises;
}

/** Above the numbers of the system's own handles: one that is taken for the other is an error. */
const firstHandle = 0x4000_0000;

/**
 * An archive as a read-only file system: what tools take as their `fs`. The archive is the root; paths are POSIX paths on
 * every system. The archive stays its owner's, and has to be open for as long as it is read.
 *
 * Content is verified as the archive does it: before a whole file is given out, chunk by chunk where the archive says how
 * a file is cut, and at the end of a stream. Metadata costs no request; a part of a file fetches the chunks that it touches,
 * or, of a file without chunks, that part, and what is before it as well when it is compressed. Errors are those of Node
 * (`code`, `errno`, `syscall`, `path`) with the archive's own as their cause: `ENOENT`, `ENOTDIR`, `EISDIR`, `EINVAL` (no
 * links), `EROFS` (all that writes), `EIO` (content that is not what the index promises), `EFBIG` (more than
 * `limits.maxFileBytes` at once). Errors of the archive's source, and the reason of an abort, come through.
 *
 * @example
 * ```ts
 * const fs = archiveFileSystem(archive);
 * await fs.promises.readdir("/css", { withFileTypes: true });
 * await glob("**\/*.html", { cwd: "/", fs });
 * ```
 */
export function archiveFileSystem(archive: Archive): ArchiveFileSystem {
  checkMethods("archive", archive ?? null, ["stat", "readDirectory", "readFile", "stream", "chunks"]);
  const handles = new Map<number, ArchiveFileHandle>();
  let nextHandle = firstHandle;

  function handleOf(fd: unknown, syscall: string): ArchiveFileHandle {
    const handle = typeof fd === "number" ? handles.get(fd) : undefined;
    if (handle === undefined) throw nodeError("EBADF", syscall, String(fd));
    return handle;
  }

  const sync = {
    access: (path: unknown, mode?: unknown) => checkAccess(archive, path, mode),
    lstat: (path: unknown, options?: StatOptions) => statPath(archive, path, "lstat", options),
    stat: (path: unknown, options?: StatOptions) => statPath(archive, path, "stat", options),
    realpath: (path: unknown, options?: EncodingOptions) =>
      encodeName(realPathOf(archive, path), encodingOf(options)),
    readlink: (path: unknown) => readLink(archive, path),
  };

  const promises = {
    access: rejecting(sync.access),
    lstat: rejecting(sync.lstat),
    stat: rejecting(sync.stat),
    realpath: rejecting(sync.realpath),
    readlink: rejecting(sync.readlink),
    ...Object.fromEntries(writers.map((name) => [name, refusing(name)])),
    readdir: rejecting((path: unknown, options?: ReadDirectoryOptions) =>
      readDirectory(archive, path, options),
    ),
    readFile: rejecting((path: unknown, options?: ReadFileOptions) => readWholeFile(archive, path, options)),
    open: rejecting((path: unknown, flags?: unknown) => {
      checkReadFlags(flags, "open", spellPath(path));
      const fd = nextHandle++;
      const handle = openHandle(archive, findPath(archive, path, "open"), fd, () => handles.delete(fd));
      handles.set(fd, handle);
      return handle;
    }),
  };

  const byHandle = {
    close: rejecting((fd: unknown) => handleOf(fd, "close").close()),
    fstat: async (fd: unknown, options?: StatOptions): Promise<unknown> => {
      const handle = handleOf(fd, "fstat");
      return options?.bigint === true ? handle.stat({ bigint: true }) : handle.stat();
    },
  };

  async function readFrom(
    fd: unknown,
    rest: readonly unknown[],
  ): Promise<ReadResult<NodeJS.ArrayBufferView>> {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the handle checks what a caller gives it
    return handleOf(fd, "read").read(...(rest as [NodeJS.ArrayBufferView]));
  }

  const read = (fd: unknown, ...rest: readonly unknown[]): void => {
    const results = async (): Promise<readonly unknown[]> => {
      const { bytesRead, buffer } = await readFrom(fd, rest.slice(0, -1));
      return [bytesRead, buffer];
    };
    void tell(callbackIn(rest), results);
  };

  const fileSystem = {
    ...Object.fromEntries(
      Object.entries({ ...promises, ...byHandle }).map(([name, method]) => [name, withCallback(method)]),
    ),
    ...Object.fromEntries(Object.entries(sync).map(([name, method]) => [`${name}Sync`, method])),
    open: withCallback(async (path: unknown, flags?: unknown) => (await promises.open(path, flags)).fd),
    read: Object.assign(read, {
      [promisify.custom]: (fd: unknown, ...rest: readonly unknown[]) => readFrom(fd, rest),
    }),
    readdirSync: (path: unknown, options?: ReadDirectoryOptions) => readDirectorySync(archive, path, options),
    statSync: optional(sync.stat),
    lstatSync: optional(sync.lstat),
    existsSync(path: unknown): boolean {
      try {
        findPath(archive, path, "access");
        return true;
      } catch {
        return false;
      }
    },
    createReadStream: (path: FilePath, options?: ReadStreamOptions) => streamFile(archive, path, options),
    promises,
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node's types say with overloads what these do
  return withNative(fileSystem) as unknown as ArchiveFileSystem;
}

type Callback = (error: unknown, ...results: readonly unknown[]) => void;

/** What throws at once rejects. */
function rejecting<A extends readonly unknown[], R>(
  work: (...rest: A) => R | Promise<R>,
): (...rest: A) => Promise<R> {
  return async (...rest) => work(...rest);
}

/** A call that would write. */
function refusing(name: WriterName): (path: unknown) => Promise<never> {
  return rejecting((path: unknown) => {
    throw nodeError("EROFS", name, spellPath(path));
  });
}

/** The same with a callback as the last argument. */
function withCallback(method: (...rest: never[]) => Promise<unknown>): (...rest: readonly unknown[]) => void {
  return (...rest) => {
    const results = async (): Promise<readonly unknown[]> => {
      const result: unknown = await Reflect.apply(method, undefined, rest.slice(0, -1));
      return result === undefined ? [] : [result];
    };
    void tell(callbackIn(rest), results);
  };
}

/** Tells a callback what came of some work. */
async function tell(callback: Callback, work: () => Promise<readonly unknown[]>): Promise<void> {
  let told: readonly [unknown, ...unknown[]];
  try {
    told = [null, ...(await work())];
  } catch (error) {
    told = [error];
  }
  callback(...told);
}

/** What it throws is nobody's rejection. */
function callbackIn(rest: readonly unknown[]): Callback {
  const callback = rest.at(-1);
  if (typeof callback !== "function") {
    throw Object.assign(new TypeError('The "cb" argument must be of type function'), {
      code: "ERR_INVALID_ARG_TYPE",
    });
  }
  return (...results) => process.nextTick(() => void Reflect.apply(callback, undefined, results));
}

/** `throwIfNoEntry: false`, which gives nothing for what is not there. */
function optional<R>(
  method: (path: unknown, options?: StatOptions) => R,
): (
  path: unknown,
  options?: StatOptions & { readonly throwIfNoEntry?: boolean | undefined },
) => R | undefined {
  return (path, options) => {
    try {
      return method(path, options);
    } catch (error) {
      const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
      if (options?.throwIfNoEntry === false && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
      throw error;
    }
  };
}

/** `realpath.native` and `realpathSync.native`, which do the same here. */
function withNative<T extends Record<string, unknown>>(fileSystem: T): T {
  for (const name of ["realpath", "realpathSync"]) {
    const method = fileSystem[name];
    if (typeof method === "function") Object.assign(method, { native: method });
  }
  return fileSystem;
}
