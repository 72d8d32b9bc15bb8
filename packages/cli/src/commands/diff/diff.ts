import { statSync } from "node:fs";
import { comparePaths } from "@blob/format";
import { DifferentError } from "../../errors/different-error.js";
import type { Session } from "../../session/session.js";

export interface DiffFlags {
  readonly nameOnly?: boolean;
}

/** Paths by what happened to them on the way from the first to the second. */
interface Differences {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** Says what differs, and ends with 1 when anything does, as `diff` of Unix. */
export async function diff(session: Session, before: string, after: string, flags: DiffFlags): Promise<void> {
  const differences = isDirectory(session.expand(after))
    ? await withDirectory(session, before, after)
    : await betweenArchives(session, before, after);
  const lines = inOrder(differences);
  await session.output.result({ before, after, ...differences, identical: lines.length === 0 }, () =>
    lines.map(({ letter, path }) => (flags.nameOnly === true ? path : `${letter} ${path}`)),
  );
  if (lines.length > 0) throw new DifferentError();
}

/** The same for a directory, seen from the archive that it should be: for people who ask whether to sync. */
export async function status(session: Session, reference: string, directory: string): Promise<void> {
  const { added, removed, changed } = await withDirectory(session, reference, directory);
  const upToDate = changed.length + removed.length + added.length === 0;
  await session.output.result(
    {
      ref: reference,
      directory,
      up_to_date: upToDate,
      modified: changed,
      missing: removed,
      extra: added,
    },
    function* () {
      if (upToDate) yield `${directory} is as ${reference}`;
      for (const path of changed) yield `modified: ${path}`;
      for (const path of removed) yield `missing:  ${path}`;
      for (const path of added) yield `extra:    ${path}`;
      if (!upToDate) {
        yield `${String(changed.length)} modified, ${String(removed.length)} missing, ${String(added.length)} extra`;
      }
    },
  );
  if (!upToDate) throw new DifferentError();
}

async function betweenArchives(session: Session, before: string, after: string): Promise<Differences> {
  // Each is opened by the rules that are about it.
  const [older, newer] = [await session.open(before), await session.open(after)];
  const client = await session.client();
  const { added, removed, changed } = await client.diff(older.archive, newer.archive);
  const paths = (entries: readonly { readonly path: string }[]): string[] => entries.map(({ path }) => path);
  return { added: paths(added), removed: paths(removed), changed: paths(changed) };
}

async function withDirectory(session: Session, reference: string, directory: string): Promise<Differences> {
  const { target, options } = await session.reading(reference);
  const client = await session.client();
  const { added, removed, changed, skipped } = await client.diffDirectory(target, directory, options);
  for (const { path, reason } of skipped) session.output.note(`not compared: ${path}: ${reason}`);
  return { added, removed, changed };
}

function inOrder({ added, removed, changed }: Differences): { letter: string; path: string }[] {
  return [
    ...added.map((path) => ({ letter: "A", path })),
    ...removed.map((path) => ({ letter: "D", path })),
    ...changed.map((path) => ({ letter: "M", path })),
  ].toSorted((a, b) => comparePaths(a.path, b.path));
}

/** A reference has a host or a scheme; nobody names a directory so. */
function isDirectory(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}
