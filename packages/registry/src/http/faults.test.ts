import { createAuthenticator } from "@blob/auth";
import type { Quirks } from "@blob/testing";
import { expect, test } from "vitest";
import type { HttpRegistryOptions } from "../http-registry.js";
import { isRegistryError } from "../errors.js";
import type { TestBlob } from "../testing/bytes.js";
import { blobOf, chunksOf, collect, noise } from "../testing/bytes.js";
import type { Quirky } from "../testing/quirky.js";
import { startQuirky } from "../testing/quirky.js";

/** What may go wrong while a registry is a good one: nothing else is an excuse. */
const excuses: ReadonlySet<string> = new Set(["Network", "TimedOut", "Unavailable", "RateLimited"]);

/** A thousand take half a minute: `FAULT_RUNS=1000`. A failure names its seed. */
const runs = Number(process.env["FAULT_RUNS"] ?? 100);
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const ann = { username: "ann", password: "secret" };

/** mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A registry's habits, which stay the same for a run. */
function habits(random: () => number): Quirks {
  return {
    redirectBlobs: random() < 0.5,
    linkUses: random() < 0.5 ? 2 : 1000,
    ignoreRange: random() < 0.2,
    rangeAs200: random() < 0.1,
    noDigestHeader: random() < 0.3,
    noReferrersApi: random() < 0.5,
    ...(random() < 0.3 ? { tokenAuth: { ...ann, uses: 12 } } : {}),
    ...(random() < 0.2 ? { maxPutBytes: 20_000 } : {}),
  };
}

/** What happens to one request. */
function fault(random: () => number): Quirks {
  const path = /./u;
  const roll = random();
  if (roll < 0.03) return { drop: { when: "before", times: 1, path } };
  if (roll < 0.06) return { drop: { when: "after", times: 1, path } };
  if (roll < 0.12) {
    const status = [429, 500, 502, 503, 504][Math.floor(random() * 5)] ?? 500;
    return { fail: { status, times: 1, headers: { "retry-after": "1.16676ms" } } };
  }
  if (roll < 0.2) return { breakBodyAfter: Math.floor(random() * 30_000) };
  if (roll < 0.25) return { shortChunkedBody: Math.floor(random() * 30_000) };
  if (roll < 0.28) return { oneByteAtATime: true };
  return {};
}

async function scenario({ registry, server }: Quirky, blob: TestBlob, random: () => number): Promise<void> {
  const config = blobOf("{}");
  for (const one of [blob, config])
    await registry.pushBlob("acme/site", one, () => chunksOf(one.bytes, 7000));
  const descriptorOf = ({ digest, size }: TestBlob): object => ({
    mediaType: "application/octet-stream",
    digest,
    size,
  });
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: descriptorOf(config),
    layers: [descriptorOf(blob)],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const root = await registry.pushManifest("acme/site", { mediaType, bytes }, { tag: "v1" });
  const signature = Buffer.from(JSON.stringify({ ...manifest, artifactType: "a/b", subject: root }));
  const { digest } = await registry.pushManifest("acme/site", { mediaType, bytes: signature });
  expect((await registry.resolve("acme/site", "v1")).digest).toBe(root.digest);
  expect(Buffer.compare((await registry.manifest("acme/site", "v1")).bytes, bytes)).toBe(0);
  const referrers: string[] = [];
  for await (const one of registry.referrers("acme/site", root.digest, { artifactType: "a/b" })) {
    referrers.push(one.digest);
  }
  expect(referrers).toEqual([digest]);
  const offset = Math.floor(random() * blob.size);
  const length = Math.floor(random() * (blob.size - offset));
  const range = { offset, length };
  const reads = [undefined, range, range].map((wanted) =>
    collect(registry.readBlob("acme/site", blob, { range: wanted })),
  );
  const [whole, ...parts] = await Promise.all(reads);
  expect(Buffer.compare(whole ?? Buffer.alloc(0), blob.bytes)).toBe(0);
  for (const part of parts)
    expect(Buffer.compare(part, blob.bytes.subarray(offset, offset + length))).toBe(0);
  expect(await server.registry.statBlob("acme/site", blob.digest)).toBe(blob.size);
}

test(
  `${runs} runs with faults at random end in the right bytes or an honest error`,
  { timeout: 300_000 },
  async () => {
    let done = 0;
    const credential = { credential: { kind: "basic", ...ann }, source: "test" } as const;
    for (let seed = 1; seed <= runs; seed += 1) {
      const random = randomFrom(seed);
      const options: HttpRegistryOptions = {
        authenticator: createAuthenticator({ credentials: async () => credential }),
        ...(random() < 0.3 ? { chunkBytes: 15_000 } : {}),
      };
      const quirky = await startQuirky({ ...habits(random), forRequest: () => fault(random) }, options);
      try {
        await scenario(quirky, blobOf(noise(Math.floor(random() * 60_000), seed)), random);
        done += 1;
      } catch (error) {
        const isHonest = isRegistryError(error) && excuses.has(error.code);
        if (!isHonest) throw new Error(`seed ${seed}`, { cause: error });
      }
      await quirky.close();
    }
    console.info(`${done} of ${runs} runs with faults came through`);
    expect(done).toBeGreaterThan(runs * 0.8);
  },
);
