import type { SignalOptions } from "../sources/byte-source.js";
import { FormatError } from "../errors.js";
import { createBlockReader, truncated } from "./block-reader.js";
import type { BlockReader } from "./block-reader.js";
import { decodeHeader, isZeroBlock } from "./decode-header.js";
import type { MemberHeader } from "./decode-header.js";
import { createExtendedHeaders } from "./extended-headers.js";
import type { Extensions } from "./extended-headers.js";
import { blockBytes, paddingAfter } from "./header-block.js";
import { memberName } from "./member-name.js";
import { createMemberNames } from "./member-names.js";
import type { MemberNames } from "./member-names.js";
import { invalidTar } from "./tar-error.js";
import type { SkippedTarMember, TarFile, TarSkipReason } from "./tar-file.js";

/** The limits of {@link fromTar}, and who is told about what it leaves out. */
export interface FromTarOptions extends SignalOptions {
  /**
   * More members than this, of whatever kind, are a `TooManyFiles` error. Default 200,000, as many files as an archive gets
   * by default.
   */
  readonly maxFiles?: number | undefined;
  /** A longer stream is a `SizeExceeded` error. Default 64 GiB. What decompresses it should have the same limit. */
  readonly maxBytes?: number | undefined;
  /** Told about each member that is left out, in their order. What it throws ends the work. */
  readonly onSkipped?: ((member: SkippedTarMember) => void) | undefined;
}

/** The format's default limit of the number of files. */
const defaultMaxFiles = 200_000;

const defaultMaxBytes = 64 * 1024 * 1024 * 1024;

/**
 * The regular files of a tar stream (ustar, pax, GNU, V7; not compressed), in their order, as they arrive: memory depends
 * on the number of files only. Directories are implied by what is in them. Links, devices, files with holes and names that
 * are not UTF-8 are left out and reported; nothing is ever followed.
 *
 * What it gives is what `createArchive` of `@blob/format/node` and `client.push` take.
 *
 * The stream is somebody else's word. Whatever programs read in different ways is an error instead of a guess: the same name
 * twice, a name that leads elsewhere, a file that is a directory, anything behind the end, no end. Files that were given out
 * before an error are as the stream had them; whoever makes something of them waits for the end.
 *
 * @throws FormatError `InvalidTar` for what is damaged, cut off or ambiguous; `InvalidPath`; `TooManyFiles`;
 *   `SizeExceeded`; `InvalidArgument` when a content is read too late; and errors of the stream.
 * @example
 * ```ts
 * for await (const { path, size, content } of fromTar(createReadStream("site.tar"))) {
 *   console.log(path, size);
 *   for await (const chunk of content) await upload(chunk);
 * }
 * ```
 */
export async function* fromTar(
  stream: AsyncIterable<Uint8Array>,
  options: FromTarOptions = {},
): AsyncGenerator<TarFile, void, undefined> {
  const { maxFiles = defaultMaxFiles, maxBytes = defaultMaxBytes, signal, onSkipped } = options;
  const reader = createBlockReader(stream, { maxBytes, signal });
  try {
    const extended = createExtendedHeaders();
    const names = createMemberNames();
    let members = 0;
    for (;;) {
      const block = await reader.take(blockBytes);
      if (block === undefined) throw truncated();
      if (isZeroBlock(block)) break;
      const header = decodeHeader(block);
      if (await extended.read(header, reader)) continue;
      members += 1;
      if (members > maxFiles) {
        throw new FormatError(
          "TooManyFiles",
          `The tar stream has more than ${maxFiles} members; raise maxFiles if that is meant`,
        );
      }
      yield* member(header, extended.take(), reader, names, onSkipped);
    }
    if (extended.isPending) throw invalidTar("ends between a header and what it is about");
    await readEnd(reader);
  } finally {
    await reader.close();
  }
}

/** One file, or none; afterwards the reader is at the next header. */
async function* member(
  header: MemberHeader,
  extensions: Extensions,
  reader: BlockReader,
  names: MemberNames,
  onSkipped: FromTarOptions["onSkipped"],
): AsyncGenerator<TarFile, void, undefined> {
  const name = memberName(extensions.name ?? header.name);
  const size = contentSize(header, extensions, name.path);
  if (header.type === "S") await skipHoles(header, reader);
  const skip = async (reason: TarSkipReason): Promise<void> => {
    onSkipped?.({ path: name.path, reason });
    await reader.skip(size + paddingAfter(size));
  };
  if (!name.isUtf8) return skip("name-not-utf8");
  const kind = kindOf(header.type, name.isDirectory);
  if (kind === "directory") {
    // GNU's lists of directories have a type of their own.
    if (size > 0 && header.type !== "D")
      throw invalidTar("is called a directory, and has content", name.path);
    return reader.skip(size + paddingAfter(size));
  }
  if (kind !== "file") return skip(kind);
  if (extensions.isSparse) return skip("sparse-file");
  if (name.path === "") throw invalidTar("has a file without a name");
  names.addFile(name.path);
  const content = createContent(reader, size, name.path);
  yield {
    path: name.path,
    size,
    mode: Number(header.mode & 0o7777n),
    mtime: checkedTime(extensions.mtimeNs ?? header.mtime * 1_000_000_000n, name.path),
    content: content.chunks(),
  };
  await content.skipRest();
}

/** What POSIX and GNU mean by a type; `D` is a directory with a list of what it had. */
function kindOf(type: string, isDirectory: boolean): "file" | "directory" | TarSkipReason {
  switch (type) {
    case "0":
    case "7":
      // Before there was a type for them, directories were files with a slash at the end.
      return isDirectory ? "directory" : "file";
    case "5":
    case "D":
      return "directory";
    case "1":
      return "hard-link";
    case "2":
      return "symbolic-link";
    case "3":
    case "4":
    case "6":
      return "special-file";
    case "S":
      return "sparse-file";
    default:
      return "unknown-type";
  }
}

/** Types that have no content, whatever their size says. */
const withoutContent = "123456";

function contentSize({ type, size }: MemberHeader, extensions: Extensions, path: string): number {
  const wanted = extensions.size ?? size;
  if (wanted < 0n || wanted > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw invalidTar(`is said to have ${wanted} bytes`, path);
  }
  if (withoutContent.includes(type) && wanted > 0n) {
    // Some programs would read what follows as its content, others as the next header.
    throw invalidTar(
      `is no file, and is said to have ${wanted} bytes: programs differ in what follows`,
      path,
    );
  }
  return Number(wanted);
}

/** The map of holes may go on in blocks of its own, which belong to no content (GNU tar manual, "Storing Sparse Files"). */
async function skipHoles({ isExtended }: MemberHeader, reader: BlockReader): Promise<void> {
  let goesOn = isExtended;
  while (goesOn) {
    const block = await reader.take(blockBytes);
    if (block === undefined) throw truncated();
    goesOn = block[504] === 1;
  }
}

/** 64 bits of nanoseconds, which is what an index has for them. */
function checkedTime(mtimeNs: bigint, path: string): bigint {
  if (BigInt.asIntN(64, mtimeNs) === mtimeNs) return mtimeNs;
  throw invalidTar(
    "has a modification time that an archive cannot have: it is not in the years 1677 to 2262",
    path,
  );
}

interface MemberContent {
  chunks(): AsyncGenerator<Uint8Array, void, undefined>;
  /** What was not read. */
  skipRest(): Promise<void>;
}

function createContent(reader: BlockReader, size: number, path: string): MemberContent {
  let left = size;
  let isCurrent = true;
  return {
    async *chunks() {
      for (;;) {
        if (!isCurrent) throw tooLate(path);
        if (left === 0) return;
        const chunk = await reader.some(left);
        if (chunk === undefined) throw truncated();
        left -= chunk.length;
        yield chunk;
      }
    },
    async skipRest() {
      isCurrent = false;
      await reader.skip(left + paddingAfter(size));
    },
  };
}

function tooLate(path: string): FormatError {
  return new FormatError(
    "InvalidArgument",
    `The content of ${JSON.stringify(path)} has to be read before the next file is asked for`,
    { path },
  );
}

/** After a first block of zeros: a second one, and then nothing but zeros, with which programs fill up. */
async function readEnd(reader: BlockReader): Promise<void> {
  const second = await reader.take(blockBytes);
  if (second === undefined) throw truncated();
  for (let rest: Uint8Array | undefined = second; rest !== undefined; rest = await reader.some(64 * 1024)) {
    if (rest.some((byte) => byte !== 0)) {
      throw invalidTar("has something behind its end, such as another tar: only one is read");
    }
  }
}
