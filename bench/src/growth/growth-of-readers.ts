import type { Run } from "../harness/alternate.js";
import { startBlobRegistry } from "../harness/server-process.js";
import type { Growth } from "./growth.js";

/** Many that read files of one open archive at the same time, in one process. */
export const growthOfReaders: Growth = {
  name: "growth-readers",
  title: "by the number of readers of one archive in `blob registry serve`",
  axis: "readers",
  unit: "/s",
  at: ({ quick }) => (quick ? [1, 8] : [1, 4, 16, 64]),
  async step(bench, readers) {
    // Ours, since docker-registry takes longer for a range than the reader does for all the rest.
    const server = await startBlobRegistry(bench.workspace);
    const reference = `${server.host}/bench/readers:latest`;
    const setup: Run = { directory: await bench.workspace.makeDirectory("setup"), id: "setup" };
    const push = ["push", "--plain-http", reference, await bench.corpus("small")];
    await bench.run(bench.blob(push, setup));
    const reads = bench.quick ? 200 : 2000;
    const args = [reference, String(readers), String(reads)];
    return {
      cases: [{ ...bench.script("read-once.js", () => args, "second"), name: "files read" }],
      close: () => server.close(),
    };
  },
};
