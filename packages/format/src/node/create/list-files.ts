import { nextTurn } from "@blob/core/concurrency";

import type { SignalOptions } from "../../sources/byte-source.js";
import { comparePaths } from "../../paths/compare-bytes.js";
import { FormatError } from "../../errors.js";
import { pathCheckSteps } from "../../index-codec/index-encoder.js";
import { inTurns } from "../../index-codec/steps.js";
import { checkArchiveTime } from "../files/file-time.js";
import { GrowingColumns } from "../walk/file-columns.js";
import type { FileFacts } from "../walk/read-small-file.js";
import { checkArchiveFile } from "./archive-file.js";
import type { ArchiveFile, GivenFacts } from "./archive-file.js";
import type { SmallPlace } from "./file-batch.js";
import { createGivenContents } from "./given-contents.js";
import type { GivenContent } from "./given-contents.js";
import type { ListedFiles, Listing } from "./listing.js";
import { itemsUntilAborted } from "./items-until-aborted.js";

/** How files that are given are listed: what `createArchive` documents. */
export interface ListFilesOptions extends SignalOptions {
  readonly maxFiles: number;
  /** Also files with a time that an archive cannot say. */
  readonly anyTime: boolean;
  readonly shouldCompress: (path: string, size: number) => boolean;
  readonly temporaryDirectory: string | undefined;
  readonly onFound: (files: number, size: number, share: number) => void;
}

/** A file, and what the caller says of it. */
interface GivenFile {
  readonly path: string;
  readonly content: GivenContent;
  readonly given: GivenFacts;
}

/** So many files are dealt with before other work of the process gets a turn: about 2 ms. */
const filesPerTurn = 512;

/**
 * Files that a caller gives in any order, in the order of an archive. Streams are read as they come, one after another;
 * what they hold is kept in a temporary file unless it is little. Whoever began it closes it. `InvalidArgument`,
 * `InvalidPath`, `TooManyFiles`, `FileSystem`, and errors of what is iterated.
 */
export function listFiles(
  input: Iterable<ArchiveFile> | AsyncIterable<ArchiveFile>,
  options: ListFilesOptions,
): Listing {
  const { maxFiles, anyTime, shouldCompress, onFound } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any(
    options.signal === undefined ? [stop.signal] : [stop.signal, options.signal],
  );
  const contents = createGivenContents(options.temporaryDirectory);
  const columns = new GrowingColumns();
  const listed: GivenFile[] = [];
  let result: ListedFiles | undefined;

  /** All files, in the order in which they come; returns the sum of their sizes. */
  async function gather(): Promise<number> {
    const paths = new Set<string>();
    // Whoever has an array holds its bytes in any case; what an iterator makes may be gone when it goes on.
    const isHeld = Array.isArray(input);
    let size = 0;
    for await (const file of itemsUntilAborted(input, signal)) {
      const given = checkArchiveFile(file);
      const { path } = file;
      if (paths.has(path)) {
        throw new FormatError("InvalidArgument", `${JSON.stringify(path)} was given twice`, { path });
      }
      paths.add(path);
      if (paths.size > maxFiles) {
        throw new FormatError(
          "TooManyFiles",
          `More than ${maxFiles} files were given; archive a part of them or raise maxFiles`,
        );
      }
      const content = await contents.take(file, isHeld, signal);
      listed.push({ path, content, given });
      size += content.size;
      if (listed.length % filesPerTurn === 0) await nextTurn();
      onFound(listed.length, size, 1);
    }
    return size;
  }

  async function run(): Promise<ListedFiles> {
    const size = await gather();
    signal.throwIfAborted();
    listed.sort((a, b) => comparePaths(a.path, b.path));
    await inTurns(pathCheckSteps(listed.map(({ path }) => path)), signal);
    for (const [row, { path, content, given }] of listed.entries()) {
      if (row % filesPerTurn === filesPerTurn - 1) await nextTurn();
      const facts = combine(given, content.kind === "file" ? content.facts : defaultFacts);
      if (!anyTime) checkArchiveTime(path, facts.mtimeNs);
      columns.addRow({ path, size: content.size, ...facts, compress: shouldCompress(path, content.size) });
    }
    signal.throwIfAborted();
    return (result = { files: columns, size, skipped: [], modeBitsDropped: columns.modeBitsDropped });
  }

  function fileOf(row: number): GivenFile {
    const file = listed[row];
    if (file === undefined) throw new TypeError("No such file was given");
    return file;
  }

  const end = run();
  // Somebody waits for it only later: until then a failure is not an unhandled one.
  end.catch(() => undefined);
  return {
    files: columns,
    contents: {
      pick(from, to) {
        const files = listed.slice(from, to);
        const bytes = new Uint8Array(files.reduce((sum, { content }) => sum + bytesIn(content), 0));
        const places: SmallPlace[] = [];
        let at = 0;
        for (const { content } of files) {
          places.push(contents.placeOf(content, at));
          if (content.kind === "memory") bytes.set(content.bytes, at);
          at += bytesIn(content);
        }
        return { kind: "given", bytes, places };
      },
      open(row, changeDetection) {
        const { content, path } = fileOf(row);
        return contents.open(content, path, changeDetection);
      },
      factsOf(row, found) {
        const facts = combine(fileOf(row).given, found);
        return { ...facts, mode: facts.mode & 0o777 };
      },
    },
    until: () => end,
    end: () => end,
    get result() {
      return result;
    },
    stop: () => stop.abort(),
    async close() {
      stop.abort();
      await end.catch(() => undefined);
      await contents.close();
    },
  };
}

const defaultFacts: FileFacts = { mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n };

function combine(given: GivenFacts, facts: FileFacts): FileFacts {
  return {
    mode: given.mode ?? facts.mode,
    uid: given.uid ?? facts.uid,
    gid: given.gid ?? facts.gid,
    mtimeNs: given.mtimeNs ?? facts.mtimeNs,
  };
}

function bytesIn(content: GivenContent): number {
  return content.kind === "memory" ? content.size : 0;
}
