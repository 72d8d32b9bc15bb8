import { rm } from "node:fs/promises";
import path from "node:path";
import type { IntervalHistogram } from "node:perf_hooks";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout } from "node:timers/promises";
import type { Client } from "@blob/client";
import { createClient } from "@blob/client";

/** What is measured, and where. */
export interface EventLoopSetup {
  /** Of a registry in another process, which speaks plain HTTP: `127.0.0.1:5000`. */
  readonly host: string;
  /** A directory of many files, 200,000 for the figure of record. */
  readonly source: string;
  /** A directory of small files, which are read all the time. */
  readonly small: string;
  /** For what is extracted: made, and removed at the end. Next to the sources, in memory where there is some. */
  readonly scratch: string;
}

/** One piece of work beside reads. */
export interface EventLoopFigure {
  readonly work: string;
  /** Files that it was about. */
  readonly files: number;
  readonly seconds: number;
  /** The longest that the event loop was held up meanwhile, in milliseconds. */
  readonly longestStall: number;
  /** How long 99 of 100 turns of the event loop took at most, in milliseconds. */
  readonly stall99: number;
  /** Small files that were read meanwhile, one after another. */
  readonly reads: number;
  /** The slowest of these reads, in milliseconds. */
  readonly slowestRead: number;
}

/** How long a client's reads are held up while the same process does large work. */
export async function measureEventLoop(setup: EventLoopSetup): Promise<EventLoopFigure[]> {
  const { host, source, small, scratch } = setup;
  const reference = `${host}/event-loop/many:v1`;
  const other = `${host}/event-loop/many:v2`;
  const figures: EventLoopFigure[] = [];
  await using client = createClient({ plainHttp: true });
  const reader = await startReader(client, `${host}/event-loop/small:v1`, small);
  const during = async (work: string, action: () => Promise<number>): Promise<void> => {
    figures.push({ work, ...(await reader.during(action)) });
  };
  try {
    await during("nothing", async () => {
      await setTimeout(1000);
      return 0;
    });
    await during("push", async () => (await client.push(reference, source)).files);
    await during("push again", async () => (await client.push(other, source)).files);
    await during("open", async () => {
      await using archive = await client.pull(reference);
      return archive.entryCount;
    });
    await using archive = await client.pull(reference);
    await during("list", () => {
      let files = 0;
      for (const _ of archive.listDirectory(".")) files += 1;
      return Promise.resolve(files);
    });
    const target = path.join(scratch, "extracted");
    await during("extract", async () => (await client.extract(reference, target)).files);
    await during("sync, nothing changed", async () => {
      await client.sync(reference, target);
      return archive.entryCount;
    });
    await during("sync --quick, nothing changed", async () => {
      await client.sync(reference, target, { quick: true });
      return archive.entryCount;
    });
    await during("diff", async () => {
      await client.diff(reference, other);
      return archive.entryCount;
    });
    await during("diff with directory", async () => {
      await client.diffDirectory(reference, target);
      return archive.entryCount;
    });
  } finally {
    await reader.close();
    await rm(scratch, { recursive: true, force: true });
  }
  return figures;
}

interface Reader {
  during(action: () => Promise<number>): Promise<Omit<EventLoopFigure, "work">>;
  close(): Promise<void>;
}

/** Pushes a directory, and reads its files one after another until it is closed. */
async function startReader(client: Client, reference: string, directory: string): Promise<Reader> {
  await client.push(reference, directory);
  const archive = await client.pull(reference);
  const paths = Array.from(archive.entries(), ({ path: name }) => name);
  const delay: IntervalHistogram = monitorEventLoopDelay({ resolution: 1 });
  let reads = 0;
  let slowest = 0;
  const closing = new AbortController();
  const reading = (async () => {
    for (let at = 0; !closing.signal.aborted; at += 1) {
      const started = performance.now();
      await archive.readFile(paths[at % paths.length] ?? "");
      slowest = Math.max(slowest, performance.now() - started);
      reads += 1;
    }
  })();
  return {
    async during(action) {
      delay.reset();
      delay.enable();
      reads = 0;
      slowest = 0;
      const started = performance.now();
      const files = await action();
      const seconds = (performance.now() - started) / 1000;
      // What held up the last turn is only noticed in the next one.
      await setTimeout(10);
      delay.disable();
      return {
        files,
        seconds,
        longestStall: delay.max / 1e6,
        stall99: delay.percentile(99) / 1e6,
        reads,
        slowestRead: slowest,
      };
    },
    async close() {
      closing.abort();
      await reading;
      await archive.close();
    },
  };
}
