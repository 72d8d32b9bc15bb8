import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import {
  createTemporaryDirectory,
  hasProgram,
  startDockerRegistry,
  startTestRegistry,
  writeTree,
} from "@blob/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runBlob } from "./testing/run-blob.js";

let directory: TemporaryDirectory;
let site = "";

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  site = path.join(directory.path, "site");
  await writeTree(site, {
    "index.html": "<h1>hello</h1>",
    "css/site.css": "body {}\n".repeat(500),
    "a.txt": "a",
  });
});

afterAll(() => directory.remove());

/** The whole life of an archive, as a person would live it. */
async function pushAndReadBack(host: string, env: Readonly<Record<string, string>>): Promise<void> {
  const reference = `${host}/acme/site:v1`;
  const options = { env: { BLOB_PLAIN_HTTP: "1", ...env } };
  const pushed = await runBlob(["push", reference, site, "-t", "latest"], options);
  expect(pushed).toMatchObject({ code: 0, stderr: "" });
  expect((await runBlob(["cat", reference, "css/site.css"], options)).stdout).toBe("body {}\n".repeat(500));
  expect((await runBlob(["ls", `${host}/acme/site:latest`], options)).stdout).toBe(
    "a.txt\ncss/\nindex.html\n",
  );
  expect((await runBlob(["tag", reference, `${host}/acme/site:stable`], options)).code).toBe(0);
  const target = path.join(directory.path, `pulled-${host.replace(":", "-")}`);
  expect((await runBlob(["pull", `${host}/acme/site:stable`, target], options)).stdout).toMatch(
    /^Pulled 3 files/u,
  );
  expect(await readFile(path.join(target, "index.html"), "utf8")).toBe("<h1>hello</h1>");
}

describe.skipIf(!hasProgram("docker-registry"))("Debian's docker-registry", () => {
  test("push, read, tag and pull", async () => {
    const registry = await startDockerRegistry();
    try {
      await pushAndReadBack(registry.host, {});
    } finally {
      await registry.close();
    }
  });

  test.skipIf(!hasProgram("htpasswd"))("with a password, right and wrong", async () => {
    const registry = await startDockerRegistry({ users: { me: "se:cret" } });
    try {
      await pushAndReadBack(registry.host, { BLOB_USERNAME: "me", BLOB_PASSWORD: "se:cret" });
      const reference = `${registry.host}/acme/site:v1`;
      const wrong = await runBlob(["ls", "--plain-http", reference, "-u", "me", "--password-stdin"], {
        stdin: "guess\n",
      });
      expect(wrong).toMatchObject({ code: 3, stdout: "" });
      expect(wrong.stderr).toMatch(/^error\[Unauthorized\]: .*\nhint: .*\n$/u);
      expect(wrong.stderr).not.toContain("guess");
      const right = await runBlob(["ls", "--plain-http", reference, "-u", "me", "--password-stdin"], {
        stdin: "se:cret\n",
      });
      expect(right).toMatchObject({ code: 0, stderr: "" });
    } finally {
      await registry.close();
    }
  });
});

describe("a registry", () => {
  let registry: TestRegistry;
  let reference = "";
  const env = { BLOB_PLAIN_HTTP: "1" };

  beforeEach(async () => {
    registry = await startTestRegistry();
    reference = `${registry.host}/acme/site:v1`;
  });
  afterEach(() => registry.close());

  test("push, read, tag and pull", () => pushAndReadBack(registry.host, {}));

  test("with tokens, from docker's file", async () => {
    registry.quirks.tokenAuth = { username: "me", password: "secret" };
    const home = path.join(directory.path, "home");
    await mkdir(path.join(home, ".docker"), { recursive: true });
    const auth = Buffer.from("me:secret").toString("base64");
    await writeFile(
      path.join(home, ".docker", "config.json"),
      JSON.stringify({ auths: { [registry.host]: { auth } } }),
    );
    const pushed = await runBlob(["push", reference, site], { env, homeDirectory: home });
    expect(pushed).toMatchObject({ code: 0, stderr: "" });
    const stranger = await runBlob(["push", reference, site], { env });
    expect(stranger).toMatchObject({ code: 3, stdout: "" });
    expect(stranger.stderr).toMatch(/^error\[\w+\]: .*\nhint: .*\n$/u);
  });

  test.each([
    ["a repository that is not there", "/nobody/nothing:v1", 4, "NotFound"],
    ["a tag that is not there", "/acme/site:v9", 4, "NotFound"],
  ])("%s", async (_name, rest, code, error) => {
    await runBlob(["push", reference, site], { env });
    const ran = await runBlob(["cat", registry.host + rest, "a.txt"], { env });
    expect(ran).toMatchObject({ code, stdout: "" });
    expect(ran.stderr).toMatch(new RegExp(`^error\\[${error}\\]: .*\nhint: .*\n$`, "u"));
  });

  test("an image that is not an archive", async () => {
    const config = Buffer.from("{}");
    const digest = `sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a` as const;
    await registry.registry.pushBlob("acme/image", { digest, size: 2 }, async function* () {
      yield config;
    });
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const manifest = {
      schemaVersion: 2,
      mediaType,
      config: { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: 2 },
      layers: [],
    };
    await registry.registry.pushManifest(
      "acme/image",
      { mediaType, bytes: Buffer.from(JSON.stringify(manifest)) },
      { tag: "v1" },
    );
    const { code, stderr } = await runBlob(["ls", `${registry.host}/acme/image:v1`], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[InvalidManifest\]: .* is not a blob archive: .*\nhint: .*\n$/u);
  });

  test("a wrong byte in a file, with its path and exit code 5, and nothing on standard output", async () => {
    const pushed = await runBlob(["push", reference, site, "--output", "json"], { env });
    const { digest } = JSON.parse(pushed.stdout) as { digest: string };
    const { bytes } = await registry.registry.manifest("acme/site", digest);
    const { layers } = JSON.parse(Buffer.from(bytes).toString()) as { layers: { digest: string }[] };
    registry.damage(layers[1]?.digest ?? "");
    const ran = await runBlob(["cat", reference, "a.txt"], { env });
    expect(ran).toMatchObject({ code: 5, stdout: "" });
    expect(ran.stderr).toMatch(/^error\[HashMismatch\]: .*a\.txt.*\nhint: .*\n$/u);
    const target = path.join(directory.path, "damaged");
    expect((await runBlob(["pull", reference, target], { env })).code).toBe(5);
    await expect(readFile(path.join(target, "a.txt"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("that is asked too often", async () => {
    await runBlob(["push", reference, site], { env });
    registry.quirks.fail = { status: 429, times: 100, headers: { "retry-after": "3600" } };
    const { code, stderr } = await runBlob(["ls", reference], { env });
    expect(code).toBe(8);
    expect(stderr).toMatch(/^error\[RateLimited\]: .*\nhint: .*\n$/u);
  });

  // A variable that is set to nothing is not set.
  test("on this machine needs no option to speak plain HTTP", () =>
    pushAndReadBack(registry.host, { BLOB_PLAIN_HTTP: "" }));

  test("on this machine needs no option to log in, or for doctor", async () => {
    registry.quirks.tokenAuth = { username: "me", password: "secret" };
    const homeDirectory = path.join(directory.path, "login-home");
    await mkdir(homeDirectory);
    const login = ["login", registry.host, "-u", "me", "--password-stdin"];
    expect(await runBlob(login, { homeDirectory, stdin: "secret" })).toMatchObject({ code: 0 });
    expect(await runBlob(["push", reference, site], { homeDirectory })).toMatchObject({
      code: 0,
      stderr: "",
    });
    const doctor = await runBlob(["doctor", reference], { homeDirectory });
    expect(doctor).toMatchObject({ code: 0, stderr: "" });
    expect(doctor.stdout).toMatch(/connection +127\.0\.0\.1:\d+, plain HTTP, not encrypted/u);
    expect(doctor.stdout).toMatch(/clock +(?!.*said no time)/u);
  });

  test("on this machine may be a mirror that nobody said the scheme of", async () => {
    await runBlob(["push", reference, site]);
    const homeDirectory = path.join(directory.path, "mirror-home");
    const config = path.join(homeDirectory, "config.yaml");
    await writeTree(homeDirectory, {
      "config.yaml": `registries: {"127.0.0.1:1": {mirrors: ["${registry.host}"], mirror_tags: true}}\n`,
    });
    const ran = await runBlob(["cat", "127.0.0.1:1/acme/site:v1", "a.txt", "--config", config], {
      homeDirectory,
    });
    expect(ran).toMatchObject({ code: 0, stdout: "a" });
  });

  test.each([
    ["a flag", ["--no-plain-http"], {}, undefined],
    ["a flag's value", ["--plain-http=false"], {}, undefined],
    ["a variable", [], { BLOB_PLAIN_HTTP: "0" }, undefined],
    ["the configuration", [], {}, () => "plain_http: false\n"],
    [
      "the configuration, for this registry",
      [],
      {},
      (host: string) => `registries: {"${host}": {plain_http: false}}\n`,
    ],
  ])(
    "that speaks plain HTTP is not there when %s asks for HTTPS, and the hint says what to do",
    async (_who, flags, variables, config) => {
      const file = path.join(directory.path, "config.yaml");
      await writeFile(file, config?.(registry.host) ?? "");
      const { code, stderr } = await runBlob(["ls", ...flags, reference], {
        env: { ...variables, BLOB_CONFIG: file },
      });
      expect(code).toBe(7);
      expect(stderr).toMatch(/^error\[Network\]: .*\nhint: .*--plain-http.*\n$/u);
      expect(registry.requests).toEqual([]);
    },
  );
});

test("a closed port", async () => {
  const { code, stdout, stderr } = await runBlob(["ls", "--plain-http", "127.0.0.1:1/acme/site:v1"]);
  expect({ code, stdout }).toEqual({ code: 7, stdout: "" });
  expect(stderr).toMatch(/^error\[Network\]: 127\.0\.0\.1:1: .*\nhint: nothing listens there.*\n$/u);
});
