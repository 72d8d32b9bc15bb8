import type { ContentStore } from "./content-store.js";
import type { FileWriter } from "./file-writer.js";
import type { Extraction } from "./extract-options.js";

/** Puts what was extracted into a store, behind the extraction. */
export interface ContentKeeper {
  /** A file that has its name. */
  add(file: Extraction): void;
  /** Resolves when everything was put. */
  finish(): Promise<void>;
  /** The same without what is still waiting. */
  stop(): Promise<void>;
}

/** Files are read back one or two at a time, while the system still has them in memory: extraction goes first. */
const width = 2;

/** The store hashes what it is given, so that a file that was changed since is not kept. */
export function createContentKeeper(
  contents: ContentStore,
  writer: FileWriter,
  signal: AbortSignal | undefined,
): ContentKeeper {
  const seen = new Set<string>();
  const waiting: Extraction[] = [];
  const stopped = new AbortController();
  const stop = signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal]);
  let next = 0;
  let active = 0;
  let runs: Promise<unknown> = Promise.resolve();

  async function run(): Promise<void> {
    while (next < waiting.length && !stop.aborted) {
      const file = waiting[next++];
      if (file === undefined) break;
      // A store that fails, or an abort, which the extraction throws by itself.
      await contents.put(file.entry.hash, writer.read(file.target), { signal: stop }).catch(() => undefined);
    }
    active--;
  }

  return {
    add(file) {
      const key = Buffer.from(file.entry.hash).toString("latin1");
      if (file.entry.size === 0 || seen.has(key)) return;
      seen.add(key);
      waiting.push(file);
      if (active === width) return;
      active++;
      runs = Promise.all([runs, run()]);
    },
    async finish() {
      await runs;
    },
    async stop() {
      stopped.abort();
      await runs;
    },
  };
}
