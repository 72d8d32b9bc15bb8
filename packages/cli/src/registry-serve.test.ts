import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { PassThrough } from "node:stream";
import path from "node:path";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { main } from "./index.js";
import { runBlob } from "./testing/run-blob.js";
import { checkSchema } from "./testing/script.js";

let directory: TemporaryDirectory;

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  await writeTree(path.join(directory.path, "site"), { "index.html": "<h1>hello</h1>" });
});

afterAll(() => directory.remove());

/** Starts the command. `said` is what it tells about itself, and `stop` gives its exit code. */
async function serve(
  ...flags: readonly string[]
): Promise<{ readonly said: string; readonly stop: () => Promise<number> }> {
  const controller = new AbortController();
  const stdout = new PassThrough();
  const served = main(["registry", "serve", "--output", "json", ...flags], {
    stdin: new PassThrough(),
    stdout,
    stderr: new PassThrough(),
    env: {},
    homeDirectory: directory.path,
    signal: controller.signal,
  });
  const [said] = (await stdout.take(1).toArray()) as Buffer[];
  return {
    said: String(said),
    stop() {
      controller.abort();
      return served;
    },
  };
}

test("serves what is pushed to it, keeps it, and ends with 0 when it is told to stop", async () => {
  const kept = path.join(directory.path, "registry");
  const { said, stop } = await serve("--dir", kept, "--port", "0");
  await checkSchema("registry-serve", said, "registry serve");
  const { host } = JSON.parse(said) as { host: string };
  const reference = `${host}/acme/site:v1`;
  const env = { BLOB_PLAIN_HTTP: "1" };
  expect(await runBlob(["push", reference, path.join(directory.path, "site")], { env })).toMatchObject({
    code: 0,
  });
  expect((await runBlob(["cat", reference, "index.html"], { env })).stdout).toBe("<h1>hello</h1>");
  expect(await stop()).toBe(0);
  expect((await runBlob(["cat", `oci:${path.join(kept, "acme/site")}:v1`, "index.html"])).stdout).toBe(
    "<h1>hello</h1>",
  );
  expect(await runBlob(["cat", reference, "index.html"], { env })).toMatchObject({ code: 7 });
});

test("a port that is none is a usage error", async () => {
  const { code, stderr } = await runBlob(["registry", "serve", "--dir", directory.path, "--port", "70000"]);
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("0 to 65535") as string,
  });
});

test("answers to the names of this machine, and to those that are allowed", async () => {
  const allowed = ["--allowed-host", "registry.example", "--allowed-host", "192.0.2.7"];
  const kept = path.join(directory.path, "named");
  const { said, stop } = await serve("--dir", kept, "--port", "0", ...allowed);
  const { url } = JSON.parse(said) as { url: string };
  const statusFor = async (host: string): Promise<number | undefined> => {
    const asking = request(`${url}/v2/`, { headers: { host } });
    asking.end();
    const [response] = (await once(asking, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };
  const statuses = ["localhost:5000", "registry.example", "192.0.2.7:5000", "evil.example"].map(statusFor);
  expect(await Promise.all(statuses)).toEqual([200, 200, 200, 421]);
  expect(await stop()).toBe(0);
});

test("an allowed host that is none is a usage error", async () => {
  const argv = ["registry", "serve", "--dir", directory.path, "--port", "0", "--allowed-host", "http://x"];
  const { code, stderr } = await runBlob(argv);
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"http://x" cannot be an allowed host') as string,
  });
});

test("without a directory it is in memory, and lists its repositories", async () => {
  const { said, stop } = await serve("--listen", "127.0.0.1:0");
  await checkSchema("registry-serve", said, "registry serve");
  const { host, url } = JSON.parse(said) as { host: string; url: string };
  const env = { BLOB_PLAIN_HTTP: "1" };
  const site = path.join(directory.path, "site");
  expect(await runBlob(["push", `${host}/acme/site:v1`, site], { env })).toMatchObject({ code: 0 });
  expect(await (await fetch(`${url}/v2/_catalog`)).json()).toEqual({ repositories: ["acme/site"] });
  expect(await stop()).toBe(0);
});
