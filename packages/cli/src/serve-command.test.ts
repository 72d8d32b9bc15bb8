import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { PassThrough } from "node:stream";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { main } from "./index.js";
import { runBlob } from "./testing/run-blob.js";

let directory: TemporaryDirectory;
let registry: TestRegistry;
const env = { BLOB_PLAIN_HTTP: "1" };

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  registry = await startTestRegistry();
  const site = path.join(directory.path, "site");
  await writeTree(site, { "index.html": "<h1>hello</h1>", "a.txt": "a" });
  await runBlob(["push", `${registry.host}/acme/site:v1`, site], { env });
  await runBlob(["push", `oci:${path.join(directory.path, "layout")}:v1`, site]);
  await runBlob(["create", site, path.join(directory.path, "archive")]);
});
afterAll(async () => {
  await registry.close();
  await directory.remove();
});

interface Running {
  readonly said: string;
  readonly stderr: () => string;
  stop(): Promise<number>;
}

async function start(argv: readonly string[]): Promise<Running> {
  const stop = new AbortController();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let messages = "";
  stderr.setEncoding("utf8").on("data", (text: string) => (messages += text));
  const ended = main(["serve", "--port", "0", ...argv], {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env,
    homeDirectory: directory.path,
    signal: stop.signal,
  });
  const [said] = (await once(stdout, "data")) as Buffer[];
  return {
    said: String(said),
    stderr: () => messages,
    stop() {
      stop.abort();
      return ended;
    },
  };
}

describe("blob serve", () => {
  test.each([
    ["a registry", () => `${registry.host}/acme/site:v1`],
    ["an OCI layout", () => `oci:${path.join(directory.path, "layout")}:v1`],
    ["local files", () => `file:${path.join(directory.path, "archive")}`],
  ])("from %s: tells where, serves, and ends well when it is told to", async (_name, reference) => {
    const running = await start([reference(), "--output", "json"]);
    const told = JSON.parse(running.said) as { readonly url: string };
    const schema = await readFile(new URL("../schemas/serve.json", import.meta.url), "utf8");
    expect(new Ajv2020().compile(JSON.parse(schema) as object)(told)).toBe(true);
    expect(await (await fetch(`${told.url}a.txt`)).text()).toBe("a");
    expect(await running.stop()).toBe(0);
    expect(running.stderr()).toBe("");
    await expect(fetch(told.url)).rejects.toThrow();
  });

  test("as text, with a log for those who ask for it", async () => {
    const running = await start([`${registry.host}/acme/site:v1`, "-v", "--index"]);
    const url =
      /^Serving .*\/acme\/site:v1 at (http:\/\/127\.0\.0\.1:\d+\/)$/mu.exec(running.said)?.[1] ?? "";
    expect(await (await fetch(url)).text()).toBe("<h1>hello</h1>");
    await fetch(`${url}nothing`);
    await running.stop();
    expect(running.stderr()).toMatch(/GET \/ 200\n[^]*GET \/nothing 404\n/u);
  });

  test("what cannot be opened, and a port that is taken, are errors", async () => {
    const missing = await runBlob(["serve", `${registry.host}/acme/site:v9`, "--port", "0"], { env });
    expect(missing).toMatchObject({ code: 4, stdout: "" });
    const taken = new URL(registry.url).port;
    const ran = await runBlob(["serve", `${registry.host}/acme/site:v1`, "--port", taken], { env });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain(`cannot listen at 127.0.0.1, port ${taken}`);
  });
});
