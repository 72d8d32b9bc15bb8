import { getEventListeners } from "node:events";
import { createAuthenticator } from "@blob/auth";
import { expect, test } from "vitest";
import { blobOf, chunksOf, collect, noise } from "../testing/bytes.js";
import { startQuirky } from "../testing/quirky.js";
import { createRetryPolicy } from "./layers/retry.js";

const repository = "acme/site";
const blob = blobOf(noise(640_000));

/** The warnings that Node gives while something runs. */
async function warningsDuring(work: () => Promise<unknown>): Promise<string[]> {
  const names: string[] = [];
  const listen = ({ name }: Error): void => void names.push(name);
  process.on("warning", listen);
  await work();
  // Warnings are given in a later turn.
  await new Promise(setImmediate);
  process.off("warning", listen);
  return names;
}

test("64 parallel reads under one signal warn of nothing and leave nothing behind", async () => {
  const { registry, server } = await startQuirky({}, { concurrency: 8 });
  await server.registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  const { signal } = new AbortController();
  const read = async (at: number): Promise<Buffer> =>
    collect(registry.readBlob(repository, blob, { range: { offset: at * 10_000, length: 10_000 }, signal }));
  const warnings = await warningsDuring(async () => {
    const parts = await Promise.all(Array.from({ length: 64 }, (_, at) => read(at)));
    expect(Buffer.compare(Buffer.concat(parts), blob.bytes)).toBe(0);
  });
  expect(warnings).toEqual([]);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("64 expired links and 64 pauses under one signal do not either", async () => {
  const { registry, server } = await startQuirky({ redirectBlobs: true, linkUses: 1 });
  await server.registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  const { signal } = new AbortController();
  const times64 = async (work: () => Promise<unknown>): Promise<unknown> =>
    Promise.all(Array.from({ length: 64 }, work));
  const range = { offset: 0, length: 10 };
  const read = async (): Promise<Buffer> => collect(registry.readBlob(repository, blob, { range, signal }));
  expect(await warningsDuring(() => times64(read))).toEqual([]);
  const policy = createRetryPolicy();
  expect(await warningsDuring(() => times64(async () => policy.wait(5, signal)))).toEqual([]);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});

test("64 reads that wait for one token do not either", async () => {
  const user = { username: "ann", password: "very-secret" };
  const found = { credential: { kind: "basic", ...user }, source: "test" } as const;
  const authenticator = createAuthenticator({ credentials: async () => found });
  const { registry, server } = await startQuirky({ tokenAuth: user }, { authenticator, concurrency: 64 });
  await server.registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  const { signal } = new AbortController();
  const range = { offset: 0, length: 10 };
  const read = async (): Promise<Buffer> => collect(registry.readBlob(repository, blob, { range, signal }));
  expect(await warningsDuring(() => Promise.all(Array.from({ length: 64 }, read)))).toEqual([]);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});
