import path from "node:path";
import type { CacheName, DiskStore } from "@blob/cache";
import { cacheNames, createDiskStore, defaultCacheBytes } from "@blob/cache";
import { askTerminal, isTerminal } from "../prompt.js";
import type { Session } from "../session.js";
import { humanSize } from "../sizes.js";
import { UsageError } from "../usage-error.js";

interface CacheUse {
  readonly name: CacheName;
  readonly path: string;
  readonly enabled: boolean;
  readonly size: number;
  readonly size_human: string;
  readonly files: number;
}

export async function cacheStatus(session: Session): Promise<void> {
  const root = session.settings.cacheDirectory.value;
  const caches = await Promise.all(cacheNames.map((name) => useOf(session, name)));
  const [size, files] = [sumOf(caches, "size"), sumOf(caches, "files")];
  await session.output.result(
    { root, caches, total_size: size, total_size_human: humanSize(size), total_files: files },
    function* () {
      yield `Cache directory: ${root}`;
      for (const cache of caches) {
        const off = cache.enabled ? "" : " (disabled)";
        yield `${`${cache.name}:`.padEnd(10)} ${cache.size_human} (${String(cache.files)} files)${off}`;
      }
      yield `Total: ${humanSize(size)} (${String(files)} files)`;
    },
  );
}

export async function cachePath({ settings, output }: Session): Promise<void> {
  const root = settings.cacheDirectory.value;
  const paths = Object.fromEntries(cacheNames.map((name) => [name, path.join(root, name)]));
  await output.result({ root, paths }, () => [root]);
}

export async function clearCaches(
  session: Session,
  type: string | undefined,
  flags: { readonly force?: boolean },
): Promise<void> {
  const wanted = type === undefined ? cacheNames : cacheNames.filter((name) => name === type);
  if (wanted.length === 0)
    throw new UsageError(`there is no cache ${String(type)}: there are ${cacheNames.join(", ")}`);
  if (flags.force !== true) await confirm(session, wanted);
  const before = await Promise.all(wanted.map((name) => useOf(session, name)));
  for (const name of wanted) {
    const store = storeOf(session, name);
    const keys: string[] = [];
    for await (const { key } of store.entries({ signal: session.signal })) keys.push(key);
    for (const key of keys) await store.delete(key);
  }
  const [size, files] = [sumOf(before, "size"), sumOf(before, "files")];
  await session.output.result(
    {
      cleared: wanted,
      total_size_cleared: size,
      total_size_human: humanSize(size),
      total_files_cleared: files,
    },
    () => [`Cleared ${wanted.join(", ")}: ${humanSize(size)} (${String(files)} files)`],
  );
}

async function confirm({ io, output }: Session, names: readonly string[]): Promise<void> {
  if (output.format === "json" || !isTerminal(io.stdin)) {
    throw new UsageError("cache clear needs --force with JSON or without a terminal");
  }
  const answer = await askTerminal(io, `Empty ${names.join(", ")}? [y/N] `);
  if (!/^y(?:es)?$/iu.test(answer)) throw new UsageError("nothing was cleared");
}

async function useOf(session: Session, name: CacheName): Promise<CacheUse> {
  const { cache = {} } = session.config.config;
  let [size, files] = [0, 0];
  for await (const entry of storeOf(session, name).entries({ signal: session.signal })) {
    size += entry.size;
    files += 1;
  }
  const enabled = cache.enabled !== false && cache[name]?.enabled !== false;
  return { name, path: directoryOf(session, name), enabled, size, size_human: humanSize(size), files };
}

/** Looking does not count as use. */
function storeOf(session: Session, name: CacheName): DiskStore {
  const directory = directoryOf(session, name);
  return createDiskStore({ directory, maxBytes: defaultCacheBytes[name], marksUse: false });
}

function directoryOf({ settings }: Session, name: CacheName): string {
  return path.join(settings.cacheDirectory.value, name);
}

function sumOf(caches: readonly CacheUse[], field: "size" | "files"): number {
  return caches.reduce((sum, cache) => sum + cache[field], 0);
}
