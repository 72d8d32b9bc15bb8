import type { ChildProcessByStdio } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { compilePackage } from "@blob/testing";
import { expect, onTestFinished, test } from "vitest";
import type { TestBlob } from "../testing/bytes.js";
import { blobOf, noise } from "../testing/bytes.js";
import { manifestOf, manifestType, scratchDirectory } from "../testing/layout-fixture.js";

const compiled = compilePackage("registry");
const rounds = Number(process.env["BLOB_KILL_ROUNDS"] ?? 3);
const seed = Number(process.env["BLOB_KILL_SEED"] ?? Date.now() % 1_000_000);
const writers = 4;

/** In a process namespace of its own, whatever runs in it is process 1 each time, as in a container. */
const isolated = ["unshare", ["-pf", "--kill-child=SIGKILL"]] as const;

function canIsolate(): boolean {
  try {
    execFileSync(isolated[0], [...isolated[1], "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

interface Running {
  readonly url: string;
  /** As seen by itself. */
  readonly pid: number;
  /** Returns when it is dead. */
  kill(): Promise<void>;
}

async function start(directory: string, isIsolated: boolean): Promise<Running> {
  const script = `
    import { createLayoutRegistry } from ${JSON.stringify(new URL("index.js", compiled).href)};
    import { createRegistryServer } from ${JSON.stringify(new URL("server/index.js", compiled).href)};
    const directory = ${JSON.stringify(directory)};
    const server = createRegistryServer(createLayoutRegistry(directory), { uploadDirectory: directory + "/.uploads" });
    const { url } = await server.listen();
    console.log(JSON.stringify({ url, pid: process.pid }));`;
  const node = [process.execPath, "--input-type=module", "-e", script];
  const [command = "", ...args] = isIsolated ? [isolated[0], ...isolated[1], ...node] : node;
  const child: ChildProcessByStdio<null, Readable, null> = spawn(command, args, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  // Closed when nobody has the pipe any more: when the server is dead, and not only its parent.
  const dead = once(child, "close");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await dead;
  };
  onTestFinished(kill);
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { ...(JSON.parse(String(said)) as { url: string; pid: number }), kill };
}

/** Numbers that are the same for the same seed. */
function createRandom(state: number): (below: number) => number {
  let now = state;
  return (below) => {
    now = (Math.imul(now, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((now / 2 ** 32) * below);
  };
}

/** What was answered with 201: by digest, and for manifests by tag. */
interface Acknowledged {
  readonly blobs: TestBlob[];
  readonly tags: Map<string, TestBlob>;
}

async function put(
  url: string,
  method: string,
  body: Uint8Array,
  type = "application/octet-stream",
): Promise<Response> {
  const response = await fetch(url, { method, body: Buffer.from(body), headers: { "content-type": type } });
  await response.arrayBuffer();
  return response;
}

/** One artifact: a blob whole or in pieces, then its manifest under a tag of its own and one that all share. */
async function pushOne(
  server: string,
  tag: string,
  content: TestBlob,
  acknowledged: Acknowledged,
): Promise<void> {
  const repository = `${server}/v2/acme/site`;
  if (content.size % 2 === 0) {
    const posted = await put(`${repository}/blobs/uploads/?digest=${content.digest}`, "POST", content.bytes);
    expect(posted.status).toBe(201);
  } else {
    const begun = await put(`${repository}/blobs/uploads/`, "POST", Buffer.alloc(0));
    const location = server + (begun.headers.get("location") ?? "");
    const half = content.size >> 1;
    expect((await put(location, "PATCH", content.bytes.subarray(0, half))).status).toBe(202);
    const last = content.bytes.subarray(half);
    expect((await put(`${location}?digest=${content.digest}`, "PUT", last)).status).toBe(201);
  }
  acknowledged.blobs.push(content);
  const layer = { mediaType: "application/octet-stream", digest: content.digest, size: content.size };
  const manifest = manifestOf({ layers: [layer], annotations: { tag } });
  for (const name of [tag, "latest"]) {
    const answer = await put(`${repository}/manifests/${name}`, "PUT", manifest.bytes, manifestType);
    expect(answer.status).toBe(201);
    if (name === tag) acknowledged.tags.set(tag, manifest);
  }
}

async function expectAllThere(server: string, { blobs, tags }: Acknowledged): Promise<void> {
  const read = async (where: string): Promise<string> => {
    const response = await fetch(`${server}/v2/acme/site/${where}`);
    return response.ok ? blobOf(Buffer.from(await response.arrayBuffer())).digest : String(response.status);
  };
  for (const { digest } of blobs) expect(await read(`blobs/${digest}`)).toBe(digest);
  for (const [tag, { digest }] of tags) expect([tag, await read(`manifests/${tag}`)]).toEqual([tag, digest]);
  const known = [...tags.values()].map(({ digest }) => digest);
  if (tags.size > writers) expect(known).toContain(await read("manifests/latest"));
}

async function killAndPush(isIsolated: boolean): Promise<void> {
  const directory = await scratchDirectory();
  const random = createRandom(seed);
  const acknowledged: Acknowledged = { blobs: [], tags: new Map() };
  const config = blobOf("{}");
  let made = 0;
  const contentOf = (): TestBlob => blobOf(noise(1000 + random(400_000), seed + (made += 1)));
  for (let round = 0; round < rounds; round += 1) {
    const server = await start(directory, isIsolated);
    if (isIsolated) expect(server.pid).toBe(1);
    await put(`${server.url}/v2/acme/site/blobs/uploads/?digest=${config.digest}`, "POST", config.bytes);
    const over = new AbortController();
    const work = Array.from({ length: writers }, async (_, writer) => {
      for (let at = 0; !over.signal.aborted; at += 1) {
        await pushOne(server.url, `r${round}-w${writer}-${at}`, contentOf(), acknowledged);
      }
    });
    const settled = Promise.allSettled(work);
    await sleep(200 + random(600));
    over.abort();
    await server.kill();
    for (const result of await settled) {
      // A wrong answer is a failure; a broken connection is what we are here for.
      if (result.status === "rejected" && !(result.reason instanceof TypeError)) throw result.reason;
    }
    const next = await start(directory, isIsolated);
    expect(await readdir(path.join(directory, ".uploads")).catch(() => [])).toEqual([]);
    await pushOne(next.url, `r${round}-next`, contentOf(), acknowledged);
    const left = (await readdir(directory, { recursive: true })).filter((name) =>
      /\.(?:tmp|lock|break)$/u.test(name),
    );
    expect(left).toEqual([]);
    await expectAllThere(next.url, acknowledged);
    await next.kill();
  }
  console.log(`${String(acknowledged.tags.size)} manifests acknowledged in ${String(rounds)} rounds`);
}

console.log(`BLOB_KILL_ROUNDS=${String(rounds)} BLOB_KILL_SEED=${String(seed)}`);
const canBeOne = canIsolate();
if (!canBeOne)
  console.log("not shown here: a server that is process 1 each time, which takes the right to `unshare -pf`");

test.skipIf(!canBeOne)(
  "a killed server that comes back with the same process id takes the next push, and has all that it acknowledged",
  () => killAndPush(true),
  60_000 + rounds * 30_000,
);

test(
  "a killed server that comes back takes the next push, and has all that it acknowledged",
  () => killAndPush(false),
  60_000 + rounds * 30_000,
);
