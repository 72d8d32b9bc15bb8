import { writeFile } from "node:fs/promises";
import path from "node:path";
import { createHttpRegistry } from "@blob/registry";
import type { Case } from "../harness/alternate.js";
import type { Bench } from "../harness/bench.js";
import { measureCommand } from "../harness/measured-command.js";
import type { ServerProcess } from "../harness/server-process.js";
import { hasProgram, startBlobRegistry, startDockerRegistry } from "../harness/server-process.js";
import { generatedBlob, generatedBytes } from "../generated-blob.js";
import type { Random } from "../corpus.js";
import { seededRandom } from "../corpus.js";
import { ours } from "../page/result.js";
import type { Row } from "./row.js";

const dockerName = "docker-registry";
const blobBytes = 64 * 2 ** 20;
const rangeBytes = 64 * 2 ** 10;
/** At a time. */
const connections = 4;
const repository = "bench/served";

/** A registry under load by `curl`, a process of its own. Processor time and memory are those of the registry. */
export const serveRows: readonly Row[] = [
  {
    name: "serve-whole",
    title: "`blob registry serve`, whole blobs of 64 MiB",
    unit: "/s",
    goals: [{ kind: "value", atLeast: 14 }],
    cases: (bench) => serverCases(bench, bench.quick ? 4 : 16, () => []),
  },
  {
    name: "serve-ranges",
    title: "`blob registry serve`, ranges of 64 KiB",
    unit: "/s",
    goals: [{ kind: "ratio", to: dockerName, atLeast: 1 }],
    cases: (bench) =>
      serverCases(bench, bench.quick ? 100 : 1000, (random) => {
        const first = random.below(blobBytes - rangeBytes);
        return [`range = "${String(first)}-${String(first + rangeBytes - 1)}"`];
      }),
  },
];

async function serverCases(
  bench: Bench,
  requests: number,
  options: (random: Random) => readonly string[],
): Promise<readonly Case[]> {
  if (!hasProgram("curl")) return [];
  const { workspace } = bench;
  const blob = await generatedBlob(blobBytes);
  const servers = new Map<string, ServerProcess>([[ours, await startBlobRegistry(workspace)]]);
  if (hasProgram(dockerName)) servers.set(dockerName, await startDockerRegistry(workspace));
  const config = path.join(await workspace.makeDirectory("load"), "requests");
  return Promise.all(
    Array.from(servers, async ([name, server]): Promise<Case> => {
      const registry = createHttpRegistry(server.host, { plainHttp: true });
      await registry.pushBlob(repository, blob, () => generatedBytes(blobBytes));
      await registry.close();
      const url = `http://${server.host}/v2/${repository}/blobs/${blob.digest}`;
      const file = `${config}-${name}`;
      const random = seededRandom("requests");
      const one = (): string =>
        ["silent", "show-error", "fail", `url = "${url}"`, 'output = "/dev/null"', ...options(random)].join(
          "\n",
        );
      await writeFile(file, Array.from({ length: requests }, one).join("\nnext\n"));
      return {
        name,
        async measure() {
          const before = await server.cpuSeconds();
          const args = ["--parallel", "--parallel-max", String(connections), "-K", file];
          const { seconds } = await measureCommand(workspace, { file: "curl", args });
          const after = await server.cpuSeconds();
          const isKnown = before !== undefined && after !== undefined;
          return {
            value: requests / seconds,
            cpuSeconds: isKnown ? after - before : undefined,
            peakBytes: await server.peakBytes(),
          };
        },
      };
    }),
  );
}
