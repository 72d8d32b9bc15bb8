import path from "node:path";
import type { Case, Run } from "../harness/alternate.js";
import type { Bench } from "../harness/bench.js";
import { manyFiles } from "../harness/corpora.js";
import type { Row } from "./row.js";

/** What an application has that runs already. Each run is a process of its own, which measures a part of what it does. */
export const clientRows: readonly Row[] = [
  {
    name: "client-pull",
    title: "first `pull` of small in a running client",
    unit: "ms",
    goals: [{ kind: "value", atMost: 10 }],
    cases: (bench) => clientCase(bench, "pull"),
  },
  {
    name: "client-read",
    title: "first read of one of its files",
    unit: "ms",
    goals: [{ kind: "value", atMost: 5 }],
    cases: (bench) => clientCase(bench, "read"),
  },
  openRow("open-small", 20_000, 5),
  openRow("open-many", 200_000, 50),
  {
    name: "look-up",
    title: "look up a path of 20,000",
    unit: "ns",
    goals: [{ kind: "value", atMost: 330 }],
    cases: async (bench) => [bench.script("index-once.js", () => ["20000"], "lookup")],
  },
  {
    name: "read-again",
    title: "read 64 KiB again, cached on disk",
    unit: "ms",
    goals: [{ kind: "value", atMost: 1 }],
    cases: async (bench) => [bench.script("cache-once.js", ({ directory }) => [directory], "blocks")],
  },
];

/** Reads beside large work in the same client, which takes minutes: once, for the longest stall of all. */
export const stallRow: Row = {
  name: "stall",
  title: "stall of reads while many is opened, listed, extracted",
  unit: "ms",
  goals: [{ kind: "value", atMost: 50 }],
  repeat: 0,
  async cases(bench) {
    const { host } = await bench.registry();
    const sources = [await bench.corpus("many"), await bench.corpus("small")];
    const scratch = (run: Run): string => path.join(run.directory, "scratch");
    return [bench.script("event-loop-once.js", (run) => [host, ...sources, scratch(run)], "stall")];
  },
};

function openRow(name: string, entries: number, milliseconds: number): Row {
  return {
    name,
    title: `open and check an index of ${entries.toLocaleString("en")}`,
    unit: "ms",
    goals: [{ kind: "value", atMost: milliseconds }],
    cases: async (bench) => [bench.script("index-once.js", () => [String(entries)], "open")],
  };
}

async function clientCase(bench: Bench, what: "pull" | "read"): Promise<readonly Case[]> {
  const reference = await bench.archive("small", () => bench.corpus("small"));
  const warm = await bench.archive("warm", async () => {
    const directory = await bench.workspace.makeDirectory("warm");
    await manyFiles(100).write(directory);
    return directory;
  });
  return [bench.script("client-once.js", () => [warm, reference, bench.corpora.small.file], what)];
}
