import { statSync } from "node:fs";
import { comparePaths } from "@blob/format";
import { DifferentError } from "../../errors/different-error.js";
import { humanSize } from "../../output/sizes.js";
import type { Session } from "../../session/session.js";

export interface DiffFlags {
  readonly nameOnly?: boolean;
  readonly stat?: boolean;
}

/** Paths by what happened to them on the way from the first to the second. */
interface Differences {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
  /** What a sync would fetch, in bytes, when that was asked for. */
  readonly transferSize: number | undefined;
}

const colors = { A: "green", D: "red", M: "yellow" } as const;

/** Says what differs, and ends with 1 when anything does, as `diff` of Unix. */
export async function diff(session: Session, before: string, after: string, flags: DiffFlags): Promise<void> {
  const stat = flags.stat === true;
  const { transferSize, ...differences } = isDirectory(session.expand(after))
    ? await withDirectory(session, before, after, stat)
    : await betweenArchives(session, before, after, stat);
  const lines = inOrder(differences);
  const identical = lines.length === 0;
  const sizes =
    transferSize === undefined
      ? {}
      : { transfer_size: transferSize, transfer_size_human: humanSize(transferSize) };
  await session.output.result({ before, after, ...differences, identical, ...sizes }, function* () {
    for (const { letter, path } of lines)
      yield flags.nameOnly === true ? path : [{ text: `${letter} ${path}`, color: colors[letter] }];
    if (transferSize !== undefined) yield summary(differences, transferSize);
  });
  if (!identical) throw new DifferentError();
}

function summary(
  { added, removed, changed }: Omit<Differences, "transferSize">,
  transferSize: number,
): string {
  const counts = `${String(added.length)} added, ${String(removed.length)} removed, ${String(changed.length)} changed`;
  return `${counts}; a sync would fetch ${humanSize(transferSize)}`;
}

/** The same for a directory, seen from the archive that it should be: for people who ask whether to sync. */
export async function status(session: Session, reference: string, directory: string): Promise<void> {
  const { added, removed, changed } = await withDirectory(session, reference, directory, false);
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
      for (const path of changed) yield [{ text: `modified: ${path}`, color: colors.M }];
      for (const path of removed) yield [{ text: `missing:  ${path}`, color: colors.D }];
      for (const path of added) yield [{ text: `extra:    ${path}`, color: colors.A }];
      if (!upToDate) {
        yield `${String(changed.length)} modified, ${String(removed.length)} missing, ${String(added.length)} extra`;
      }
    },
  );
  if (!upToDate) throw new DifferentError();
}

async function betweenArchives(
  session: Session,
  before: string,
  after: string,
  stat: boolean,
): Promise<Differences> {
  // Each is opened by the rules that are about it.
  const [older, newer] = [await session.open(before), await session.open(after)];
  const client = await session.client();
  const { added, removed, changed, transferSize } = await client.diff(older.archive, newer.archive, { stat });
  const paths = (entries: readonly { readonly path: string }[]): string[] => entries.map(({ path }) => path);
  return { added: paths(added), removed: paths(removed), changed: paths(changed), transferSize };
}

async function withDirectory(
  session: Session,
  reference: string,
  directory: string,
  stat: boolean,
): Promise<Differences> {
  const { target, options } = await session.reading(reference);
  const client = await session.client();
  const how = { ...options, stat };
  const { added, removed, changed, skipped, transferSize } = await client.diffDirectory(
    target,
    directory,
    how,
  );
  for (const { path, reason } of skipped) session.output.note(`not compared: ${path}: ${reason}`);
  return { added, removed, changed, transferSize };
}

function inOrder({
  added,
  removed,
  changed,
}: Omit<Differences, "transferSize">): { letter: keyof typeof colors; path: string }[] {
  return [
    ...added.map((path) => ({ letter: "A" as const, path })),
    ...removed.map((path) => ({ letter: "D" as const, path })),
    ...changed.map((path) => ({ letter: "M" as const, path })),
  ].toSorted((a, b) => comparePaths(a.path, b.path));
}

/** A reference has a host or a scheme; nobody names a directory so. */
function isDirectory(name: string): boolean {
  return statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;
}
