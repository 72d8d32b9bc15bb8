import { rm } from "node:fs/promises";
import path from "node:path";
import type { Case, Run } from "../harness/alternate.js";
import { goName } from "../harness/bench.js";
import { manyFiles } from "../harness/corpora.js";
import type { Growth } from "./growth.js";

/** From a handful of files to as many as an archive may have by default. */
export const growthOfFiles: Growth = {
  name: "growth-files",
  title: "by the number of files",
  axis: "files",
  unit: "s",
  at: ({ quick }) => (quick ? [10, 1000, 5000] : [10, 100, 1000, 10_000, 50_000, 200_000]),
  async step(bench, files) {
    const isLargest = files === (bench.quick ? 5000 : 200_000);
    const source = isLargest
      ? await bench.corpus("many")
      : await bench.workspace.makeDirectory(`files-${String(files)}`);
    if (!isLargest) await manyFiles(files).write(source);
    const reference = await bench.archive(isLargest ? "many" : `files-${String(files)}`, () =>
      Promise.resolve(source),
    );
    const out = (run: Run): string => path.join(run.directory, "out");
    const create = (run: Run): readonly string[] => ["create", source, out(run)];
    const pull = (run: Run): readonly string[] => ["pull", "--plain-http", reference, out(run)];
    return {
      cases: [
        bench.command("create", (run) => bench.blob(create(run), run)),
        bench.command("pull", (run) => bench.blob(pull(run), run)),
        bench.command("ls", (run) => bench.blob(["ls", "--plain-http", reference], run)),
        inSeconds({
          ...bench.script("index-once.js", () => [String(files)], "open"),
          name: "open the index",
        }),
        ...(bench.go === undefined
          ? []
          : [
              bench.command(`create, ${goName}`, (run) => bench.goBlob(create(run), run)),
              bench.command(`pull, ${goName}`, (run) => bench.goBlob(pull(run), run)),
            ]),
      ],
      async close() {
        if (!isLargest) await rm(source, { recursive: true });
      },
    };
  },
};

function inSeconds(one: Case): Case {
  return {
    ...one,
    async measure(run) {
      const sample = await one.measure(run);
      return { ...sample, value: sample.value / 1000 };
    },
  };
}
