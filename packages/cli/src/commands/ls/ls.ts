import type { Archive, DirectoryEntry, Entry } from "@blob/format";
import { formatMode, formatTime, isoTime } from "../../output/entry-text.js";
import { normalizePath } from "@blob/format";
import { archivePath } from "../../archive-path.js";
import { splitCpSource } from "../../cp-source.js";
import { withPathHint } from "../../errors/path-hint.js";
import type { Session } from "../../session/session.js";
import { walkEntries } from "../../walk-entries.js";
import type { Line } from "../../output/line.js";
import { humanSize } from "../../output/sizes.js";

export interface LsFlags {
  readonly long?: boolean;
  readonly human?: boolean;
  readonly digest?: boolean;
  readonly sort: "name" | "size" | "time";
  readonly reverse?: boolean;
  readonly recursive?: boolean;
}

export async function ls(session: Session, place: string, wanted: string, flags: LsFlags): Promise<void> {
  const source = wanted === "" ? splitCpSource(place) : undefined;
  const reference = source?.reference ?? place;
  const path = archivePath(source?.path ?? wanted);
  const { archive } = await session.open(reference);
  const file = archive.entry(path);
  const found: readonly DirectoryEntry[] =
    file === undefined
      ? await withPathHint(archive, () => listDirectory(archive, path, flags.recursive === true))
      : [{ kind: "file", name: file.path, path: file.path, entry: file }];
  const listed = sorted(found, flags);
  await session.output.result(
    {
      ref: reference,
      path: (source?.path ?? wanted) || "/",
      entries: listed.map((one) => jsonEntry(archive, one)),
    },
    () => lines(listed, flags),
  );
}

/** With `deep` also what is below, each by its path from the directory. */
function listDirectory(archive: Archive, directory: string, deep: boolean): readonly DirectoryEntry[] {
  if (!deep) return archive.readDirectory(directory);
  const base = normalizePath(directory);
  const prefix = base === "." ? 0 : base.length + 1;
  const found: DirectoryEntry[] = [];
  for (const walked of walkEntries(archive, directory)) {
    const entry = walked.entry();
    if (entry !== undefined) found.push({ ...entry, name: entry.path.slice(prefix) });
  }
  return found;
}

/** Directories have neither size nor time: they come first. Equal ones stay in the order of their names. */
function sorted(listed: readonly DirectoryEntry[], { sort, reverse }: LsFlags): readonly DirectoryEntry[] {
  const keyOf = (one: DirectoryEntry): number | bigint => {
    if (one.kind === "directory") return -1n;
    return sort === "size" ? one.entry.size : one.entry.mtimeNs;
  };
  const ordered =
    sort === "name"
      ? listed
      : listed.toSorted((a, b) => {
          const [before, after] = [keyOf(a), keyOf(b)];
          return before < after ? -1 : before > after ? 1 : 0;
        });
  return reverse === true ? ordered.toReversed() : ordered;
}

function jsonEntry(archive: Archive, one: DirectoryEntry): object {
  if (one.kind === "directory") return { name: one.name, path: one.path, is_dir: true };
  const { mode, size, hash, mtimeNs } = one.entry;
  const chunks = archive.chunks(one.path);
  return {
    name: one.name,
    path: one.path,
    is_dir: false,
    mode: formatMode(mode),
    size,
    size_human: humanSize(size),
    digest: `sha256:${hex(hash)}`,
    mod_time: isoTime(mtimeNs),
    chunks: chunks?.count,
    chunk_size: chunks?.chunkSize,
  };
}

function* lines(listed: readonly DirectoryEntry[], flags: LsFlags): Generator<Line> {
  const sizeOf = (entry: Entry): string =>
    flags.human === true ? humanSize(entry.size) : String(entry.size);
  const width = listed.reduce(
    (most, one) => (one.kind === "file" ? Math.max(most, sizeOf(one.entry).length) : most),
    1,
  );
  for (const one of listed) {
    const columns: string[] = [];
    if (one.kind === "directory") {
      if (flags.long === true) columns.push("drwxr-xr-x", "-".padStart(width), " ".repeat(16));
      if (flags.long === true || flags.digest === true) columns.push(" ".repeat(hashWidth(flags)));
      yield [spaced(columns), { text: `${one.name}/`, color: "blue" }];
      continue;
    }
    const { entry } = one;
    if (flags.long === true)
      columns.push(formatMode(entry.mode), sizeOf(entry).padStart(width), formatTime(entry.mtimeNs));
    if (flags.long === true || flags.digest === true)
      columns.push(`sha256:${hex(entry.hash)}`.slice(0, hashWidth(flags)));
    yield [spaced(columns), isExecutable(entry) ? { text: one.name, color: "green" } : one.name];
  }
}

function spaced(columns: readonly string[]): string {
  return columns.map((column) => `${column}  `).join("");
}

function isExecutable({ mode }: Entry): boolean {
  return (mode & 0o111) !== 0;
}

/** The whole digest on request; else enough of it to tell files apart. */
function hashWidth(flags: LsFlags): number {
  return "sha256:".length + (flags.digest === true ? 64 : 12);
}

function hex(hash: Uint8Array): string {
  return Buffer.from(hash).toString("hex");
}
