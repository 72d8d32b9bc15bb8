import { rm } from "node:fs/promises";
import path from "node:path";
import type { Run } from "../harness/alternate.js";
import { startRegistry } from "../harness/server-process.js";
import { writeLargeCorpus } from "../corpus.js";
import type { Growth } from "./growth.js";

const MiB = 2 ** 20;
const largest = 6 * 1024 * MiB;

/** One file of more and more bytes, half text and half noise. */
export const growthOfBytes: Growth = {
  name: "growth-bytes",
  title: "by the size of one file",
  axis: "bytes",
  unit: "s",
  at: ({ quick, full }) =>
    quick ? [MiB, 16 * MiB] : [MiB, 16 * MiB, 128 * MiB, 1024 * MiB, ...(full ? [largest] : [])],
  async step(bench, bytes) {
    // A registry of its own, that the room can be had back.
    const registry = await startRegistry(bench.workspace);
    const source = await bench.workspace.makeDirectory("one");
    await writeLargeCorpus(source, 1, bytes);
    const [file, reference] = ["large-0.dat", `${registry.host}/bench/one:latest`];
    const setup: Run = { directory: await bench.workspace.makeDirectory("setup"), id: "setup" };
    await bench.run(bench.blob(["push", "--plain-http", reference, source], setup));
    const middle = `${String(bytes / 2)}-${String(bytes / 2 + 28)}`;
    const out = (run: Run): string => path.join(run.directory, "out");
    const plain = "--plain-http";
    return {
      cases: [
        bench.command("create", (run) => bench.blob(["create", source, out(run)], run)),
        bench.command("push", (run) =>
          bench.blob(["push", plain, `${registry.host}/bench/${run.id}:latest`, source], run),
        ),
        bench.command("pull", (run) => bench.blob(["pull", plain, reference, out(run)], run)),
        bench.command("cat of 29 bytes", (run) =>
          bench.blob(["cat", plain, "--range", middle, reference, file], run),
        ),
      ],
      ...(bytes === largest ? { repeat: 1 / 3 } : {}),
      async close() {
        await rm(source, { recursive: true });
        await registry.close();
      },
    };
  },
};
