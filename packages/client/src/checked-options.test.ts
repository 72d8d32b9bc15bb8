import { expect, test } from "vitest";
import type { Client } from "./index.js";
import { createClient, createMemoryRegistry } from "./index.js";

/** What callers without types may write. */
type Loose = Record<keyof Client, (...call: readonly unknown[]) => Promise<unknown>>;

const reference = "one.example/acme/site:v1";
const client = createClient({ registry: createMemoryRegistry() }) as unknown as Loose;
const signer = { sign: () => Promise.reject(new Error("nothing is signed here")) };

const calls: Readonly<Record<string, (options: unknown) => Promise<unknown>>> = {
  push: (options) => client.push(reference, "nowhere", options),
  pushArchive: (options) => client.pushArchive(reference, {}, options),
  pull: (options) => client.pull(reference, options),
  open: (options) => client.open(reference, options),
  readFiles: (options) => client.readFiles(reference, ["a.txt"], options),
  extract: (options) => client.extract(reference, "nowhere", options),
  fetch: (options) => client.fetch(reference, options),
  inspect: (options) => client.inspect(reference, options),
  tag: (options) => client.tag(reference, reference, options),
  resolve: (options) => client.resolve(reference, options),
  // What is wrong with the options of a list is thrown by the call.
  tags: async (options) => client.tags(reference, options),
  copy: (options) => client.copy(reference, "two.example/acme/site:v1", options),
  delete: (options) => client.delete(reference, options),
  diff: (options) => client.diff(reference, reference, options),
  diffDirectory: (options) => client.diffDirectory(reference, "nowhere", options),
  sync: (options) => client.sync(reference, "nowhere", options),
  sign: (options) => client.sign(reference, signer, options),
  attest: (options) => client.attest(reference, signer, {}, options),
  referrers: (options) => client.referrers(reference, options),
  verify: (options) => client.verify(reference, options),
};

test.each(Object.keys(calls))("%s says which option is wrong, before it does anything", async (verb) => {
  const call = calls[verb];
  const wrong = {
    code: "InvalidArgument",
    message: expect.stringMatching(new RegExp(`^${verb}: signal `, "u")),
  };
  await expect(call?.({ signal: "now" })).rejects.toMatchObject(wrong);
  await expect(call?.("latest")).rejects.toMatchObject({ code: "InvalidArgument" });
  await expect(call?.(null)).rejects.toMatchObject({ code: "InvalidArgument" });
});

test.each([
  ["pull", "skipCache", "yes"],
  ["pull", "policies", {}],
  ["pull", "policies", [{ name: "no policy" }]],
  ["pull", "limits", 5],
  ["pull", "limits", { maxIndexBytes: "64 MB" }, "maxIndexBytes"],
  ["pull", "onProgress", true],
  ["verify", "policies", "policy.yaml"],
  ["push", "tags", "latest"],
  ["push", "annotations", ["a"]],
  ["push", "created", "2026-01-01"],
  ["push", "temporaryDirectory", 5],
  ["extract", "overwrite", "no"],
  ["extract", "contentsBy", "hardlink"],
  ["extract", "workers", 1.5],
  ["extract", "concurrency", 0],
  ["extract", "paths", "a.txt"],
  ["sync", "delete", 1],
  ["sync", "quick", "true"],
  ["copy", "concurrency", -1],
  ["copy", "referrers", "all"],
  ["readFiles", "maxTotalBytes", Number.NaN],
  ["referrers", "artifactType", 7],
] as const)("%s: %s cannot be %j", async (verb, option, value, named: string = option) => {
  await expect(calls[verb]?.({ [option]: value })).rejects.toMatchObject({
    name: "ClientError",
    code: "InvalidArgument",
    message: expect.stringContaining(named),
  });
});

test("policies that are no option are an error, and not forgotten", async () => {
  await expect(client.verify(reference, [])).rejects.toMatchObject({ code: "InvalidArgument" });
});

test.each([
  ["credentials", { username: "me" }],
  ["plainHttp", "localhost"],
  ["policies", () => true],
  ["cache", 5],
  ["cache", ["refs"]],
  ["offline", "yes"],
  ["onStale", "warn"],
  ["http", true],
  ["registry", "ghcr.io"],
  ["registry", {}],
])("createClient: %s cannot be %j", (option, value) => {
  expect(() => createClient({ [option]: value })).toThrow(
    expect.objectContaining({ code: "InvalidArgument", message: expect.stringContaining(option) }),
  );
});
