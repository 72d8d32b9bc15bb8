import type { CacheDirectory, CacheName, CacheUsage } from "@blob/cache";
import { cacheNames, defaultCacheBytes, openCacheDirectory } from "@blob/cache";
import { parseSize } from "../../config/quantities.js";
import { confirm } from "../../confirm.js";
import type { Session } from "../../session/session.js";
import { requireCacheDirectory } from "../../settings/settings.js";
import { counted, humanSize } from "../../output/sizes.js";
import { UsageError } from "../../errors/usage-error.js";

export async function cacheStatus(session: Session): Promise<void> {
  const directory = directoryOf(session);
  const { root } = directory;
  const usage = await directory.status({ signal: session.signal });
  const caches = usage.map(({ name, path, bytes, files }) => ({
    name,
    path,
    enabled: isEnabled(session, name),
    size: bytes,
    size_human: humanSize(bytes),
    files,
  }));
  const total = totalOf(usage);
  await session.output.result(
    {
      root,
      caches,
      total_size: total.bytes,
      total_size_human: humanSize(total.bytes),
      total_files: total.files,
    },
    function* () {
      yield `Cache directory: ${root}`;
      for (const { name, enabled, size_human, files } of caches) {
        const off = enabled ? "" : " (disabled)";
        yield `${`${name}:`.padEnd(10)} ${size_human} (${counted(files, "file")})${off}`;
      }
      // A bare 0: scripts for the Go command look for it.
      yield `Total: ${total.bytes === 0 ? `0 (${counted(total.files, "file")})` : sizeAndFiles(total)}`;
    },
  );
}

export async function cachePath(session: Session): Promise<void> {
  const { root, paths } = directoryOf(session);
  await session.output.result({ root, paths }, function* () {
    yield `Cache directory: ${root}`;
    for (const [name, path] of Object.entries(paths)) yield `${`${name}:`.padEnd(10)} ${path}`;
  });
}

export async function clearCaches(
  session: Session,
  type: string | undefined,
  flags: { readonly force?: boolean },
): Promise<void> {
  const wanted =
    type === undefined || type === "all" ? cacheNames : cacheNames.filter((name) => name === type);
  if (wanted.length === 0)
    throw new UsageError(`invalid cache type ${String(type)}: there are ${cacheNames.join(", ")}, and all`);
  if (flags.force !== true) await confirm(session, "cache clear", `Empty ${wanted.join(", ")}?`);
  const cleared = totalOf(await directoryOf(session).clear(wanted, { signal: session.signal }));
  await session.output.result(
    {
      cleared: wanted,
      total_size_cleared: cleared.bytes,
      total_size_human: humanSize(cleared.bytes),
      total_files_cleared: cleared.files,
    },
    () => [`Cleared ${wanted.join(", ")}: ${sizeAndFiles(cleared)}`],
  );
}

/** To what the flag says, the configuration, or the limits that the caches keep by themselves. */
export async function pruneCaches(session: Session, flags: { readonly maxSize?: string }): Promise<void> {
  const maxBytes =
    flags.maxSize === undefined
      ? (session.config.config.cache?.max_size ?? sum(Object.values(defaultCacheBytes)))
      : parseSize(flags.maxSize);
  if (maxBytes === undefined)
    throw new UsageError(`--max-size ${String(flags.maxSize)}: it is a size, as in 500MiB or 1.5G`);
  const directory = directoryOf(session);
  const pruned = await directory.prune(maxBytes, { signal: session.signal });
  await session.output.result(
    {
      root: directory.root,
      max_size: maxBytes,
      max_size_human: humanSize(maxBytes),
      total_size_pruned: pruned.bytes,
      total_size_human: humanSize(pruned.bytes),
      total_files_pruned: pruned.files,
    },
    () => [`Pruned to ${humanSize(maxBytes)}: ${sizeAndFiles(pruned)} deleted`],
  );
}

/** Damaged entries are no failure of this command: nothing reads them, and they are gone when it ends. */
export async function verifyCaches(session: Session): Promise<void> {
  const directory = directoryOf(session);
  const caches = await directory.verify({ signal: session.signal });
  const [good, bad] = [sum(caches.map((cache) => cache.good)), sum(caches.map((cache) => cache.bad.length))];
  await session.output.result(
    { root: directory.root, caches, total_good: good, total_deleted: bad },
    function* () {
      for (const cache of caches) for (const key of cache.bad) yield `Deleted ${cache.name} ${key}: damaged`;
      yield `Verified: ${String(good)} good, ${String(bad)} deleted`;
    },
  );
}

function directoryOf({ settings }: Session): CacheDirectory {
  return openCacheDirectory(requireCacheDirectory(settings));
}

function isEnabled({ config }: Session, name: CacheName): boolean {
  const { cache = {} } = config.config;
  return cache.enabled !== false && cache[name]?.enabled !== false;
}

type Amount = Pick<CacheUsage, "bytes" | "files">;

function totalOf(usage: readonly Amount[]): Amount {
  return { bytes: sum(usage.map(({ bytes }) => bytes)), files: sum(usage.map(({ files }) => files)) };
}

function sizeAndFiles({ bytes, files }: Amount): string {
  return `${humanSize(bytes)} (${counted(files, "file")})`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
