import type { DirectoryEntry, Entry } from "@blob/format";
import { formatMode, formatTime, isoTime } from "../entry-text.js";
import type { Session } from "../session.js";
import { humanSize } from "../sizes.js";

export interface LsFlags {
  readonly long?: boolean;
  readonly human?: boolean;
  readonly digest?: boolean;
}

export async function ls(session: Session, reference: string, path: string, flags: LsFlags): Promise<void> {
  const { archive } = await session.open(reference);
  const file = archive.entry(path);
  const listed: readonly DirectoryEntry[] =
    file === undefined
      ? archive.readDirectory(path)
      : [{ kind: "file", name: file.path, path: file.path, entry: file }];
  await session.output.result({ ref: reference, path: path || "/", entries: listed.map(jsonEntry) }, () =>
    lines(listed, flags),
  );
}

function jsonEntry(one: DirectoryEntry): object {
  if (one.kind === "directory") return { name: one.name, path: one.path, is_dir: true };
  const { mode, size, hash, mtimeNs } = one.entry;
  return {
    name: one.name,
    path: one.path,
    is_dir: false,
    mode: formatMode(mode),
    size,
    size_human: humanSize(size),
    digest: `sha256:${hex(hash)}`,
    mod_time: isoTime(mtimeNs),
  };
}

function* lines(listed: readonly DirectoryEntry[], flags: LsFlags): Generator<string> {
  const sizeOf = (entry: Entry): string =>
    flags.human === true ? humanSize(entry.size) : String(entry.size);
  const width = Math.max(...listed.map((one) => (one.kind === "file" ? sizeOf(one.entry).length : 0)), 1);
  for (const one of listed) {
    const columns: string[] = [];
    if (one.kind === "directory") {
      if (flags.long === true) columns.push("drwxr-xr-x", "-".padStart(width), " ".repeat(16));
      if (flags.long === true || flags.digest === true) columns.push(" ".repeat(hashWidth(flags)));
      yield [...columns, `${one.name}/`].join("  ");
      continue;
    }
    const { entry } = one;
    if (flags.long === true)
      columns.push(formatMode(entry.mode), sizeOf(entry).padStart(width), formatTime(entry.mtimeNs));
    if (flags.long === true || flags.digest === true)
      columns.push(`sha256:${hex(entry.hash)}`.slice(0, hashWidth(flags)));
    yield [...columns, one.name].join("  ");
  }
}

/** The whole digest on request; else enough of it to tell files apart. */
function hashWidth(flags: LsFlags): number {
  return "sha256:".length + (flags.digest === true ? 64 : 12);
}

function hex(hash: Uint8Array): string {
  return Buffer.from(hash).toString("hex");
}
