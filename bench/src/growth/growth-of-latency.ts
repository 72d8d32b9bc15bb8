import path from "node:path";
import type { Case, Run } from "../harness/alternate.js";
import { manyFiles } from "../harness/corpora.js";
import type { Growth } from "./growth.js";
import { startLatencyProxy } from "./latency-proxy.js";

/** A registry that is further and further away. */
export const growthOfLatency: Growth = {
  name: "growth-latency",
  title: "by the round trip to the registry, 1,000 files",
  axis: "milliseconds",
  unit: "s",
  at: ({ quick }) => (quick ? [0, 50] : [0, 20, 50, 100, 200]),
  async step(bench, milliseconds) {
    const corpus = manyFiles(1000);
    const pushed = await bench.archive("latency", async () => {
      const directory = await bench.workspace.makeDirectory("latency");
      await corpus.write(directory);
      return directory;
    });
    const registry = await bench.registry();
    const proxy = await startLatencyProxy(registry.host, milliseconds);
    const reference = pushed.replace(registry.host, proxy.host);
    const counted = new Map<string, number>();
    const requesting = (one: Case): Case => ({
      name: one.name,
      async measure(run) {
        const before = proxy.requests();
        const sample = await one.measure(run);
        counted.set(one.name, proxy.requests() - before);
        return sample;
      },
    });
    const plain = "--plain-http";
    const out = (run: Run): string => path.join(run.directory, "out");
    const verbs: readonly [string, (run: Run) => readonly string[]][] = [
      ["cat", () => ["cat", plain, reference, corpus.file]],
      ["ls", () => ["ls", plain, reference]],
      ["pull", (run) => ["pull", plain, reference, out(run)]],
    ];
    return {
      cases: verbs.map(([name, args]) =>
        requesting(bench.command(name, (run) => bench.blob(args(run), run))),
      ),
      requests: (name) => counted.get(name),
      async close() {
        proxy.close();
        await Promise.resolve();
      },
    };
  },
};
