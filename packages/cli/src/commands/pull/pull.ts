import { resolve } from "node:path";
import { Option } from "commander";
import type { ContentsBy } from "@blob/client/files";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import { collect, positiveNumber } from "../../command-line/flag-parsers.js";
import type { PolicyFlags, Reading, Session } from "../../session/session.js";
import { resolvedReference } from "../../session/session.js";
import { requireComplete } from "../../errors/incomplete-error.js";
import { counted, humanSize } from "../../output/sizes.js";
import { UsageError } from "../../errors/usage-error.js";
import { tellLeftAlone } from "../left-alone.js";
import { factsToPreserve } from "../facts-to-preserve.js";
import { notKeptLines } from "../skipped.js";

const declarePull: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob pull ghcr.io/acme/site:v1 ./site",
    "blob pull --prefix css --overwrite ghcr.io/acme/site:v1 ./site",
  );
  command
    .argument("<reference>")
    .argument("[directory]", "where to", ".")
    .option("-p, --prefix <path>", "only what is below this directory of the archive")
    .option("-f, --overwrite", "replace files that exist")
    .addOption(new Option("--force", "the same as --overwrite").implies({ overwrite: true }))
    .addOption(new Option("--preserve").hideHelp())
    .option(
      "--no-preserve",
      "leave the archive's permissions and modification times out, which files get otherwise",
    )
    .addOption(new Option("--preserve-mode").hideHelp())
    .addOption(new Option("--preserve-times").hideHelp())
    .option("--sync", "make the directory as the archive is, fetching only what differs")
    .option("--delete", "with --sync: remove what the archive does not have")
    .option("--quick", "with --sync: take files of the same size and time for the same")
    .option("--dry-run", "with --sync: say what would be done")
    .option("--clean", "empty the directory first, once the archive was found and accepted")
    .option("--verify", "fail when there is no policy that could accept the archive")
    .option("--strict", "exit with 6 when files were left alone")
    .option("--policy <file>", "a policy file that has to accept it; may be repeated", collect)
    .option("--no-default-policy", "leave the configured policies out")
    .addOption(
      new Option(
        "--contents <how>",
        "take files that are cached from the cache, and keep there what is fetched",
      ).choices(["copy", "clone", "link"]),
    )
    .option("--workers <count>", "threads that decompress and write", positiveNumber)
    .action((reference: string, directory: string, flags: PullFlags) =>
      run((session) => pull(session, reference, directory, flags)),
    );
};

export const declarations: Declarations = { pull: declarePull };

export interface PullFlags extends PolicyFlags {
  readonly prefix?: string;
  readonly overwrite?: boolean;
  readonly preserve?: boolean;
  readonly preserveMode?: boolean;
  readonly preserveTimes?: boolean;
  readonly strict?: boolean;
  readonly workers?: number;
  readonly contents?: ContentsBy;
  readonly sync?: boolean;
  readonly delete?: boolean;
  readonly quick?: boolean;
  readonly clean?: boolean;
  readonly verify?: boolean;
  readonly dryRun?: boolean;
}

export async function pull(
  session: Session,
  reference: string,
  destination: string,
  flags: PullFlags,
): Promise<void> {
  checkFlags(flags);
  if (flags.sync === true) return sync(session, reference, destination, flags);
  const { output } = session;
  const { target, options, policies } = await readingOf(session, reference, flags);
  const client = await session.client();
  const { files, size, skipped, notKept, digest } = await client.extract(target, destination, {
    ...options,
    directory: flags.prefix,
    overwrite: flags.overwrite,
    clean: flags.clean,
    ...factsToPreserve(flags),
    workers: flags.workers,
    contentsBy: flags.contents,
    onProgress: await session.progress(),
  });
  for (const line of notKeptLines(notKept)) output.warning(line);
  const leftAlone = tellLeftAlone(skipped, output);
  await output.result(
    {
      ref: reference,
      resolved_ref: resolvedReference(target, digest),
      destination: resolve(destination),
      file_count: files,
      skipped_count: skipped.length,
      not_kept: notKept,
      total_size: size,
      total_size_human: humanSize(size),
      verified: policies > 0,
      policies_applied: policies,
    },
    () => [`Pulled ${counted(files, "file")} (${humanSize(size)}) to ${destination}`, ...leftAlone],
  );
  if (flags.strict === true) requireComplete(skipped);
}

/** Brings the directory to the archive's state: only what differs is fetched. */
async function sync(
  session: Session,
  reference: string,
  destination: string,
  flags: PullFlags,
): Promise<void> {
  const { output } = session;
  const { target, options, policies } = await readingOf(session, reference, flags);
  const client = await session.client();
  const { written, deleted, unchanged, size, transferSize, notKept, digest } = await client.sync(
    target,
    destination,
    {
      ...options,
      delete: flags.delete,
      quick: flags.quick,
      dryRun: flags.dryRun,
      ...factsToPreserve(flags),
      workers: flags.workers,
      contentsBy: flags.contents,
      onProgress: await session.progress(),
    },
  );
  for (const path of written) output.detail(`written: ${path}`);
  for (const path of deleted) output.detail(`deleted: ${path}`);
  for (const line of notKeptLines(notKept)) output.warning(line);
  const dryRun = flags.dryRun === true;
  await output.result(
    {
      ref: reference,
      resolved_ref: resolvedReference(target, digest),
      destination: resolve(destination),
      file_count: written.length,
      skipped_count: 0,
      not_kept: notKept,
      unchanged_count: unchanged,
      deleted,
      dry_run: dryRun,
      total_size: size,
      total_size_human: humanSize(size),
      transfer_size: transferSize,
      transfer_size_human: humanSize(transferSize),
      verified: policies > 0,
      policies_applied: policies,
    },
    () => [
      `${dryRun ? "Would write" : "Wrote"} ${counted(written.length, "file")} (${humanSize(size)}) to ${destination}`,
      `${dryRun ? "Would fetch" : "Fetched"}: ${humanSize(transferSize)}`,
      `Unchanged: ${String(unchanged)}`,
      ...(flags.delete === true ? [`${dryRun ? "Would delete" : "Deleted"}: ${String(deleted.length)}`] : []),
    ],
  );
}

async function readingOf(session: Session, reference: string, flags: PullFlags): Promise<Reading> {
  const reading = await session.reading(reference, flags);
  if (flags.verify === true && reading.policies === 0) {
    throw new UsageError("--verify: there is nothing to verify by: give --policy, or configure policies");
  }
  return reading;
}

function checkFlags(flags: PullFlags): void {
  const ofSync = Object.entries({ delete: flags.delete, quick: flags.quick, "dry-run": flags.dryRun });
  if (flags.sync !== true) {
    for (const [name, value] of ofSync)
      if (value === true) throw new UsageError(`--${name} goes with --sync`);
  } else if (flags.clean === true) {
    throw new UsageError("--sync removes with --delete what the archive does not have: leave --clean out");
  } else if (flags.prefix !== undefined) {
    throw new UsageError("--sync is about the whole archive: it cannot go with --prefix");
  }
}
