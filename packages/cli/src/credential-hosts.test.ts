import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { PassThrough, Writable } from "node:stream";
import type { TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { newCircumstances } from "./errors/circumstances.js";
import type { LoadedConfig } from "./config/config.js";
import { parseGlobalFlags } from "./settings/global-flags.js";
import type { Io } from "./io.js";
import type { Session } from "./session/session.js";
import { createSession } from "./session/session.js";
import { resolveSettings } from "./settings/settings.js";
import { createStandardOutput } from "./output/standard-output.js";
import { runBlob } from "./testing/run-blob.js";

const ann = { username: "ann", password: "s3cret" };
const basic = `Basic ${Buffer.from("ann:s3cret").toString("base64")}`;
const plain = { BLOB_PLAIN_HTTP: "1" };

/** A way to give a credential that does not say which registry it is for. */
interface Way {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly flags: readonly string[];
  readonly sent: string;
}

const ways: readonly Way[] = [
  {
    name: "BLOB_USERNAME and BLOB_PASSWORD",
    env: { BLOB_USERNAME: "ann", BLOB_PASSWORD: "s3cret" },
    flags: [],
    sent: basic,
  },
  { name: "BLOB_TOKEN", env: { BLOB_TOKEN: "t0ken" }, flags: [], sent: "Bearer t0ken" },
  { name: "-u and --password-stdin", env: {}, flags: ["-u", "ann", "--password-stdin"], sent: basic },
];

let named: TestRegistry;
let other: TestRegistry;
let directory = "";

beforeEach(async () => {
  const temporary = await createTemporaryDirectory();
  onTestFinished(() => temporary.remove());
  directory = temporary.path;
  await writeTree(path.join(directory, "site"), { "index.html": "<h1>hello</h1>" });
  [named, other] = await Promise.all([startTestRegistry(), startTestRegistry()]);
  onTestFinished(async () => {
    await Promise.all([named.close(), other.close()]);
  });
  for (const registry of [named, other]) {
    const pushed = await runBlob(["push", `${registry.host}/acme/site:v1`, path.join(directory, "site")], {
      env: plain,
    });
    expect(pushed).toMatchObject({ code: 0, stderr: "" });
    registry.quirks.basicAuth = ann;
    registry.requests.splice(0);
  }
});

/** The different values that a registry was sent, in the order of their first request. */
function authorizations({ requests }: TestRegistry): readonly (string | undefined)[] {
  return [...new Set(requests.map(({ headers }) => headers.authorization))];
}

/** A session as `main` makes it. */
function sessionOf({ env, flags }: Way): Session {
  const stdin = new PassThrough();
  stdin.end("s3cret\n");
  const nowhere = (): Writable & { isTTY?: boolean } =>
    new Writable({ write: (_chunk, _how, done) => done() });
  const io: Io = {
    stdin,
    stdout: nowhere(),
    stderr: nowhere(),
    env: { XDG_CACHE_HOME: "/dev/null", ...plain, ...env },
    homeDirectory: "/nonexistent",
    signal: new AbortController().signal,
  };
  const global = parseGlobalFlags({
    color: false,
    progress: "none",
    ...(flags.length === 0 ? {} : { username: "ann", passwordStdin: true }),
  });
  const config: LoadedConfig = { file: undefined, exists: false, config: {} };
  const session = createSession(io, {
    circumstances: newCircumstances(),
    standardOutput: createStandardOutput(io),
    flags: global,
    settings: resolveSettings(global, io, config),
    config,
  });
  onTestFinished(() => session.close());
  return session;
}

describe.each(ways)("a credential by $name", (way) => {
  const run = (...argv: readonly string[]): ReturnType<typeof runBlob> =>
    runBlob([...argv, ...way.flags], {
      env: { ...plain, ...way.env },
      ...(way.flags.length === 0 ? {} : { stdin: "s3cret\n" }),
    });

  test("is not for a registry that nothing on the command line names, whatever leads there", async () => {
    const session = sessionOf(way);
    const client = await session.client();
    const { signal } = session;
    await session.open(`${named.host}/acme/site:v1`).catch(() => undefined);
    expect(authorizations(named)).toEqual([undefined, way.sent]);
    await expect(client.pull(`${other.host}/acme/site:v1`, { signal })).rejects.toMatchObject({
      code: "Unauthorized",
    });
    expect(authorizations(other)).toEqual([undefined]);
  });

  test("is not for where a registry redirects to, nor for the token server of a registry that is not named", async () => {
    named.quirks.redirectTo = `${other.url}/v2/acme/site/blobs/x`;
    expect((await run("cat", `${named.host}/acme/site:v1`, "index.html")).code).not.toBe(0);
    expect(authorizations(named)).toEqual([undefined, way.sent]);
    expect(authorizations(other)).toEqual(way.sent === basic ? [undefined] : []);
  });

  test("is for both registries of a copy and a diff", async () => {
    await run("copy", `${named.host}/acme/site:v1`, `${other.host}/acme/copy:v1`);
    await run("diff", `${named.host}/acme/site:v1`, `${other.host}/acme/site:v1`);
    // Neither takes a ready token: then there is nothing to be written.
    for (const registry of way.sent === basic ? [named, other] : [named]) {
      expect(authorizations(registry)).toEqual([undefined, way.sent]);
    }
  });

  test.each(["ls", "tags", "doctor", "inspect"])("is for the registry that %s names", async (command) => {
    await run(command, `${named.host}/acme/site${command === "tags" ? "" : ":v1"}`);
    expect(authorizations(named)).toEqual([undefined, way.sent]);
    expect(authorizations(other)).toEqual([]);
  });

  test("is for what an alias stands for, and auth status says so", async () => {
    const config = path.join(directory, "home", "config.yaml");
    await mkdir(path.dirname(config));
    await writeFile(config, `aliases:\n  site: ${named.host}/acme/site:v1\n`);
    await run("ls", "site", "--config", config);
    expect(authorizations(named)).toEqual([undefined, way.sent]);
    const { stdout } = await run("auth", "status", named.host);
    expect(stdout).toMatch(/from (?:environment|--username)/u);
  });
});
