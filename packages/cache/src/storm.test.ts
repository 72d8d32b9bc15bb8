import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { compilePackage, mountTmpfs } from "@blob/testing";
import { cacheNames } from "./index.js";
import type { CacheName } from "./index.js";
import { scratchDirectory } from "./testing/scratch-directory.js";

const compiled = compilePackage("cache");
const processes = 8;
const reads = Number(process.env["BLOB_STORM_READS"] ?? 150);
const limits: Readonly<Record<CacheName, number>> = {
  refs: 200_000,
  manifests: 300_000,
  indexes: 600_000,
  content: 3_000_000,
  blocks: 3_000_000,
};

/** Reads everything through the caches, and knows what it has to get. A dot for every ten reads. */
function storm(directory: string, seed: number, damages: boolean): string {
  return `
    import { createHash } from "node:crypto";
    import { readdirSync, truncateSync, writeFileSync } from "node:fs";
    import { join } from "node:path";
    import { createCaches } from ${JSON.stringify(new URL("index.js", compiled).href)};
    const caches = createCaches({ directory: ${JSON.stringify(directory)}, maxBytes: ${JSON.stringify(limits)} });
    let state = ${String(seed)};
    const random = (below) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const often = (below) => Math.min(random(below), random(below));
    const hash = (bytes) => createHash("sha256").update(bytes).digest();
    const bytesOf = (name, size) => {
      const word = hash(name);
      return Buffer.alloc(size, word);
    };
    const universe = (kind, count, size) => Array.from({ length: count }, (_, i) => {
      const make = () => bytesOf(kind + i, 1 + (i * 7919) % size);
      const digest = hash(make());
      return { make, hash: digest, digest: "sha256:" + digest.toString("hex") };
    });
    const manifests = universe("manifest", 300, 4000);
    const indexes = universe("index", 60, 60_000);
    const contents = universe("content", 120, 300_000);
    const chunks = universe("chunk", 60, 300_000);
    const data = bytesOf("data", 9_000_001);
    const source = { id: "sha256:data", size: data.length, async *read({ offset, length }) {
      for (let at = offset; at < offset + length; at += 50_000) {
        yield Buffer.from(data.subarray(at, Math.min(at + 50_000, offset + length)));
      }
    } };
    const blocks = caches.blocks.wrap(source);
    let hits = 0;
    const check = (found, wanted) => {
      if (found === undefined) return false;
      if (Buffer.compare(found, wanted) !== 0) { console.log("WRONG"); process.exit(3); }
      hits += 1;
      return true;
    };
    const collect = async (body) => { const all = []; for await (const one of body) all.push(one); return Buffer.concat(all); };
    const kinds = [
      async () => {
        const i = often(300);
        const found = await caches.refs.get("host/repo:v" + i);
        if (found !== undefined) check(Buffer.from(found.digest), Buffer.from(manifests[i].digest));
        else await caches.refs.put("host/repo:v" + i, manifests[i].digest);
      },
      async () => {
        const one = manifests[often(300)];
        if (!check(await caches.manifests.get(one.digest), one.make())) await caches.manifests.put(one.digest, one.make());
      },
      async () => {
        const one = indexes[often(60)];
        if (!check(await caches.indexes.get(one.digest), one.make())) await caches.indexes.put(one.digest, one.make());
      },
      async () => {
        const one = contents[often(120)];
        if (random(2) === 0) {
          if (!check(await caches.content.get(one.hash), one.make())) await caches.content.put(one.hash, [one.make()]);
          return;
        }
        const opened = await caches.content.open(one.hash);
        if (opened === undefined) return caches.content.put(one.hash, [one.make()]);
        // Somebody may spoil the file between the two passes over it; then the stream has to say so.
        try { check(await collect(opened.read()), one.make()); } catch (error) { if (error.code !== "CorruptEntry") throw error; }
        await opened.close();
      },
      async () => {
        const one = chunks[often(60)];
        // Nobody waits until it is kept.
        if (!check(await caches.chunks.get(one.hash), one.make())) void caches.chunks.put(one.hash, [one.make()]);
      },
      async () => {
        const offset = often(data.length);
        const length = Math.min(data.length - offset, random(200_000));
        check(await collect(blocks.read({ offset, length })), data.subarray(offset, offset + length));
      },
    ];
    const damage = () => {
      try {
        const cache = join(${JSON.stringify(directory)}, ${JSON.stringify(cacheNames)}[random(5)]);
        const names = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
        const victim = names[random(names.length)];
        const file = join(victim.parentPath, victim.name);
        if (random(2) === 0) truncateSync(file, random(100));
        else writeFileSync(file, "spoiled", { flag: "r+" });
      } catch {}
    };
    for (let i = 0; i < ${String(reads)}; i += 4) {
      await Promise.all([0, 1, 2, 3].map(() => kinds[random(kinds.length)]()));
      if (${String(damages)} && random(20) === 0) damage();
      process.stdout.write(".");
    }
    await caches.flush();
    const all = Object.values(caches.statistics());
    const sum = (field) => all.reduce((total, one) => total + one[field], 0);
    console.log("\\n" + JSON.stringify({ right: hits, hits: sum("hits"), misses: sum("misses"), failures: sum("failures") }));
  `;
}

interface Outcome {
  readonly killed: number;
  readonly finished: readonly { hits: number; misses: number; failures: number }[];
  /** The most that a cache held, of its limit. */
  readonly fullest: number;
}

async function runStorm(directory: string, damages: boolean): Promise<Outcome> {
  const started = performance.now();
  let fullest = 0;
  const children = new Set<ChildProcess>();
  const watch = setInterval(() => {
    // Files that come and go while they are counted add up to what there never was.
    whileStopped(children, () => {
      for (const name of cacheNames)
        fullest = Math.max(fullest, heldBy(path.join(directory, name)) / limits[name]);
    });
  }, 50);
  try {
    const ends = await Promise.all(
      Array.from({ length: processes }, async (_, i) => {
        const child = spawn(
          process.execPath,
          ["--input-type=module", "--eval", storm(directory, i + 1, damages)],
          {
            stdio: ["ignore", "pipe", "inherit"],
          },
        );
        children.add(child);
        let output = "";
        // Three of them do not live to the end.
        const killAt = i < 3 ? Math.floor((reads / 4) * (0.2 + Math.random() * 0.7)) : Infinity;
        child.stdout.on("data", (chunk: Buffer) => {
          output += chunk.toString();
          if (output.length > killAt) child.kill("SIGKILL");
        });
        child.once("exit", () => children.delete(child));
        const [code, signal] = (await once(child, "close")) as [number | null, string | null];
        return { code, signal, output };
      }),
    );
    expect(ends.filter(({ code, signal }) => code !== 0 && signal !== "SIGKILL")).toEqual([]);
    const finished = ends
      .filter(({ code }) => code === 0)
      .map(({ output }) => JSON.parse(output.trim().split("\n").at(-1) ?? "") as Outcome["finished"][number]);
    const killed = ends.length - finished.length;
    const sum = (field: "hits" | "misses" | "failures"): number =>
      finished.reduce((all, one) => all + one[field], 0);
    console.log(
      `storm of ${String(processes)} x ${String(reads)}, ${String(killed)} killed: ${String(sum("hits"))} hits, ` +
        `${String(sum("misses"))} misses, ${String(sum("failures"))} failures, at most ` +
        `${(fullest * 100).toFixed(1)} % of a limit, ${((performance.now() - started) / 1000).toFixed(1)} s`,
    );
    return { killed, finished, fullest };
  } finally {
    clearInterval(watch);
  }
}

/** Does the work while none of the processes does anything. */
function whileStopped(children: ReadonlySet<ChildProcess>, work: () => void): void {
  try {
    for (const child of children) child.kill("SIGSTOP");
    // The signal is on its way when the call returns. A look is as good as none when one of them does not stop.
    const deadline = performance.now() + 5000;
    while (![...children].every(isStopped)) {
      if (performance.now() > deadline) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
    work();
  } finally {
    for (const child of children) child.kill("SIGCONT");
  }
}

function isStopped({ pid }: ChildProcess): boolean {
  // Elsewhere than on Linux the signal has to be enough.
  if (process.platform !== "linux") return true;
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, "latin1");
    return /^ [TtZX]/u.test(stat.slice(stat.lastIndexOf(")") + 1));
  } catch {
    // It has ended.
    return true;
  }
}

function heldBy(directory: string): number {
  let bytes = 0;
  try {
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (entry.isFile())
        bytes += statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
    }
  } catch {
    // It is not made yet, or changes under our eyes: the next look will tell.
  }
  return bytes;
}

test("many processes, some killed, and eviction all the time: every byte is right, and the limit holds", async () => {
  const directory = await scratchDirectory();
  const { killed, finished, fullest } = await runStorm(directory, false);
  expect(killed).toBeGreaterThan(0);
  for (const { hits, failures } of finished) {
    expect(hits).toBeGreaterThan(0);
    expect(failures).toBe(0);
  }
  expect(fullest).toBeGreaterThan(0.5);
  expect(fullest).toBeLessThanOrEqual(1);
}, 600_000);

test("files that are spoiled meanwhile change nothing but the time", async () => {
  const { finished } = await runStorm(await scratchDirectory(), true);
  expect(finished.length).toBeGreaterThan(0);
}, 600_000);

test("nor does a disk that is full", async ({ skip }) => {
  const directory = path.join(await scratchDirectory(), "small");
  await mkdir(directory);
  if (!mountTmpfs(directory, "size=2m,mode=700")) skip("no right to mount a small file system");
  const { finished } = await runStorm(directory, false);
  expect(finished.some(({ failures }) => failures > 0)).toBe(true);
}, 600_000);
