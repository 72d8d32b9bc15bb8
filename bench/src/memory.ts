// Pushes and pulls one large file through a registry on disk, in processes of their own, and shows their memory.
//   pnpm --filter ./bench memory [megabytes]     fails when a process takes 300 MB or more
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createLayoutRegistry } from "@blob/registry";
import { createRegistryServer } from "@blob/registry/server";
import { writeLargeCorpus } from "./corpus.js";
import { runMeasured } from "./measured-process.js";

const limit = 300 * 1e6;
const megabytes = Number(process.argv[2] ?? 1024);
const blob = fileURLToPath(new URL("../../packages/cli/bin/blob.js", import.meta.url));
const directory = await mkdtemp(path.join(tmpdir(), "blob-memory-"));
const server = await createRegistryServer(createLayoutRegistry(path.join(directory, "registry"))).listen({
  port: 0,
});
let failed = false;

try {
  const source = path.join(directory, "source");
  await writeLargeCorpus(source, 1, megabytes * 2 ** 20);
  console.log(`one file of ${String(megabytes)} MiB, half text, half random`);
  for (const compression of ["zstd", "none"]) {
    const reference = `${server.host}/bench:${compression}`;
    const target = path.join(directory, `pulled-${compression}`);
    await show(`push ${compression}`, ["push", "--plain-http", "-c", compression, reference, source]);
    await show(`pull ${compression}`, ["pull", "--plain-http", reference, target]);
    const { size } = await stat(path.join(target, "large-0.dat"));
    if (size !== megabytes * 2 ** 20) throw new Error(`${target} has ${String(size)} bytes`);
    await rm(target, { recursive: true });
  }
} finally {
  await server.close();
  await rm(directory, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;

async function show(name: string, args: readonly string[]): Promise<void> {
  const { seconds, peakBytes } = await runMeasured(blob, args);
  const verdict = peakBytes < limit ? "" : `  OVER ${String(limit / 1e6)} MB`;
  if (verdict !== "") failed = true;
  console.log(
    `${name.padEnd(10)} ${seconds.toFixed(1)} s  ${(peakBytes / 1e6).toFixed(0)} MB at most${verdict}`,
  );
}
