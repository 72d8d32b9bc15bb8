import { stat } from "node:fs/promises";
import path from "node:path";
import { extractArchive, extractFile } from "@blob/format/node";
import type { ExtractResult, FactsNotKept } from "@blob/format/node";
import type { Archive, Entry } from "@blob/format";
import { normalizePath } from "@blob/format";
import { archivePath } from "../../archive-path.js";
import type { CpSource } from "../../cp-source.js";
import { parseCpSource } from "../../cp-source.js";
import { requireComplete } from "../../errors/incomplete-error.js";
import { withPathHint } from "../../errors/path-hint.js";
import type { Session } from "../../session/session.js";
import { counted, humanSize } from "../../output/sizes.js";
import { UsageError } from "../../errors/usage-error.js";
import { tellLeftAlone } from "../left-alone.js";
import { factsToPreserve } from "../facts-to-preserve.js";
import { notKeptLines } from "../skipped.js";

export interface CpFlags {
  readonly recursive: boolean;
  readonly preserve?: boolean;
  readonly overwrite?: boolean;
  readonly flat?: boolean;
  readonly strict?: boolean;
}

interface Selection extends CpSource {
  readonly archive: Archive;
  /** Paths of the files that the source stands for. */
  readonly files: readonly string[];
  readonly isDirectory: boolean;
}

export async function cp(session: Session, paths: readonly string[], flags: CpFlags): Promise<void> {
  const sources = paths.slice(0, -1);
  const destination = paths.at(-1);
  if (destination === undefined || sources.length === 0) {
    throw new UsageError("cp: it takes one or more sources, REF:/PATH, and a destination");
  }
  const parsed = sources.map(parseCpSource);
  // Everything is looked up before anything is written.
  const selections = await selectAll(session, parsed, flags);
  const { output, signal } = session;
  const options = {
    overwrite: flags.overwrite,
    ...factsToPreserve(flags),
    signal,
    onProgress: await session.progress(),
  };
  const total = { files: 0, size: 0 };
  const skipped: string[] = [];
  const notKept: FactsNotKept[] = [];
  const add = (one: ExtractResult): void => {
    total.files += one.files;
    total.size += one.size;
    for (const file of one.skipped) skipped.push(file);
    for (const file of one.notKept) notKept.push(file);
  };
  const renamed = await renamedFile(selections, destination, flags);
  if (renamed !== undefined) {
    add(await extractFile(renamed.archive, renamed.path, renamed.target, options));
  } else {
    if (flags.flat === true) refuseSameNames(selections);
    const target = flags.flat === true ? { target: (entry: Entry) => path.posix.basename(entry.path) } : {};
    for (const { archive, files } of selections) {
      add(await extractArchive(archive, destination, { ...options, ...target, paths: files }));
    }
  }
  for (const line of notKeptLines(notKept)) output.warning(line);
  const leftAlone = tellLeftAlone(skipped, output);
  await output.result(
    {
      sources: parsed.map(({ reference, path: from }) => ({
        ref: reference,
        path: from.startsWith("/") ? from : `/${from}`,
      })),
      destination: path.resolve(destination),
      file_count: total.files,
      not_kept: notKept,
      total_size: total.size,
      size_human: humanSize(total.size),
    },
    () => [
      `Copied ${counted(total.files, "file")} (${humanSize(total.size)}) to ${renamed?.target ?? destination}`,
      ...leftAlone,
    ],
  );
  if (flags.strict === true) requireComplete(skipped);
}

async function selectAll(
  session: Session,
  sources: readonly CpSource[],
  flags: CpFlags,
): Promise<Selection[]> {
  const archives = new Map<string, Archive>();
  const selections: Selection[] = [];
  for (const source of sources) {
    const archive = archives.get(source.reference) ?? (await session.open(source.reference)).archive;
    archives.set(source.reference, archive);
    const from = normalizePath(archivePath(source.path));
    const isDirectory = !archive.isFile(from);
    if (isDirectory && !flags.recursive)
      throw new UsageError(`${source.path} is a directory: copy it with --recursive`);
    const files = isDirectory
      ? await withPathHint(archive, () => [...archive.entries(from)].map((entry) => entry.path))
      : [from];
    selections.push({ ...source, path: from, archive, files, isDirectory });
  }
  return selections;
}

/** One file goes to the destination's name, unless that is a directory: then it keeps the archive's directories below it. */
async function renamedFile(
  selections: readonly Selection[],
  destination: string,
  flags: CpFlags,
): Promise<{ readonly archive: Archive; readonly path: string; readonly target: string } | undefined> {
  const [only, ...more] = selections;
  if (only === undefined || more.length > 0 || only.isDirectory || flags.flat === true) return undefined;
  const isDirectory =
    /[/\\]$/u.test(destination) || (await stat(destination).catch(() => undefined))?.isDirectory();
  if (isDirectory === true) return undefined;
  return { archive: only.archive, path: only.path, target: destination };
}

function refuseSameNames(selections: readonly Selection[]): void {
  const seen = new Map<string, string>();
  for (const file of selections.flatMap(({ files }) => files)) {
    const name = path.posix.basename(file);
    const other = seen.get(name);
    if (other !== undefined) throw new UsageError(`--flat: ${other} and ${file} have the same name`);
    seen.set(name, file);
  }
}
