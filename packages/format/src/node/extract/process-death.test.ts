import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { noise } from "../../testing/sample-content.js";
import { readTree, scratchDirectory, writeTree } from "../../testing/scratch-directory.js";
import { createArchiveFiles } from "../create/create-archive.js";
import { extractArchive } from "./extract.js";
import { openLocalArchive } from "../local/archive-files.js";

const compiled = compilePackage("format");

const tree: Record<string, string | Uint8Array> = {};
for (let index = 0; index < 60; index++)
  tree[`d${index % 6}/f${index}`] = noise(1000 + index * 20_000, `${index}`);
const content = new Map(
  Object.entries(tree).map(([path, bytes]) => [path, Buffer.from(bytes).toString("latin1")]),
);

/** Runs code of the package in another process, and kills it when it has reported so many steps. */
async function killAfter(steps: number, code: string): Promise<boolean> {
  const script = `
    import { createArchiveFiles, extractArchive, openLocalArchive } from ${JSON.stringify(new URL("node/index.js", compiled).href)};
    const onProgress = () => { process.stdout.write("x"); };
    ${code}`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let seen = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    seen += chunk.length;
    if (seen >= steps) child.kill("SIGKILL");
  });
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  return signal === "SIGKILL";
}

describe("a process that is killed", () => {
  test("while it creates leaves no archive, or a whole one", async () => {
    const root = await writeTree(await scratchDirectory(), tree);
    let killed = 0;
    for (const workers of [0, 2]) {
      for (const steps of [1, 5, 12]) {
        const out = await scratchDirectory();
        const options = `{ workers: ${workers}, onProgress }`;
        const code = `await createArchiveFiles(${JSON.stringify(root)}, ${JSON.stringify(out)}, ${options});`;
        if (await killAfter(steps, code)) killed++;
        const left = readdirSync(out).filter((name) => !/^\.[0-9a-f]+\.tmp$/.test(name));
        if (left.length === 0) continue;
        // It was killed too late, or between two renames: an index is only there when its data is.
        if (!left.includes("index.blob")) continue;
        await using archive = await openLocalArchive(out);
        for (const entry of archive.entries()) await archive.readFile(entry.path);
      }
    }
    expect(killed).toBeGreaterThan(0);
  });

  test("while it extracts leaves only whole files under their names", async () => {
    const root = await writeTree(await scratchDirectory(), tree);
    const out = await scratchDirectory();
    await createArchiveFiles(root, out);
    let killed = 0;
    for (const steps of [1, 10, 30, 50]) {
      const destination = await scratchDirectory();
      const code = `
        const archive = await openLocalArchive(${JSON.stringify(out)});
        await extractArchive(archive, ${JSON.stringify(destination)}, { onProgress });`;
      if (await killAfter(steps, code)) killed++;
      for (const [path, found] of Object.entries(await readTree(destination))) {
        if (path.endsWith("/") || path.endsWith(".tmp")) continue;
        expect(found === content.get(path), path).toBe(true);
      }
      // What was left behind is no obstacle for the next try.
      await using archive = await openLocalArchive(out);
      await extractArchive(archive, destination, { overwrite: true });
      for (const [path, bytes] of content) {
        expect(readFileSync(join(destination, path), "latin1") === bytes, path).toBe(true);
      }
    }
    expect(killed).toBeGreaterThan(0);
  });
});

describe.runIf(process.platform === "linux")("an abort at any moment", () => {
  /** Files of ours that are open: pipes and sockets of the test runner come and go. */
  const openFiles = (directory: string): string[] =>
    readdirSync("/proc/self/fd").flatMap((fd) => {
      try {
        const target = readlinkSync(`/proc/self/fd/${fd}`);
        return target.startsWith(directory) ? [target] : [];
      } catch {
        return [];
      }
    });

  test("frees all file handles, and leaves nothing temporary", async () => {
    const scratch = await scratchDirectory();
    const root = await writeTree(join(scratch, "root"), { ...tree, large: noise(30_000_000, "large") });
    const out = join(scratch, "out");
    await createArchiveFiles(root, out);
    let aborted = 0;
    for (let step = 1; step <= 80; step += 11) {
      const abort = new AbortController();
      let steps = 0;
      const onProgress = (): void => {
        if (++steps === step) abort.abort("enough");
      };
      const options = { signal: abort.signal, onProgress };
      await using archive = await openLocalArchive(out);
      const destination = join(scratch, `destination-${step}`);
      const outcomes = await Promise.allSettled([
        extractArchive(archive, destination, options),
        createArchiveFiles(root, join(scratch, `out-${step}`), options),
      ]);
      aborted += outcomes.filter(({ status }) => status === "rejected").length;
      for (const outcome of outcomes)
        if (outcome.status === "rejected") expect(outcome.reason).toBe("enough");
      await archive.close();
      expect(openFiles(scratch)).toEqual([]);
      const left = readdirSync(scratch, { recursive: true }).filter((path) => String(path).endsWith(".tmp"));
      expect(left).toEqual([]);
    }
    expect(aborted).toBeGreaterThan(3);
    expect(statSync(join(out, "data.blob")).size).toBeGreaterThan(30_000_000);
  });
});
