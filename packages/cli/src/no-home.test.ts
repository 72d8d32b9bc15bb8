import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { runBlob } from "./testing/run-blob.js";

let directory: TemporaryDirectory;
let registry: TestRegistry;
const inside = (...names: readonly string[]): string => path.join(directory.path, ...names);

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  registry = await startTestRegistry();
  await writeTree(inside("site"), { "a.txt": "a\n" });
});
afterEach(() => {
  for (const name of Object.keys(registry.quirks)) Reflect.deleteProperty(registry.quirks, name);
});
afterAll(async () => {
  await registry.close();
  await directory.remove();
});

const withoutHome = { homeDirectory: false, env: { BLOB_PLAIN_HTTP: "1" } } as const;

describe("without a home directory", () => {
  test("what needs none works", async () => {
    const layout = `oci:${inside("layout")}:v1`;
    for (const argv of [
      ["push", layout, inside("site")],
      ["ls", layout],
      ["cat", layout, "a.txt"],
      ["pull", layout, inside("pulled")],
      ["inspect", layout],
      ["create", inside("site"), inside("archive")],
      ["ls", `file:${inside("archive")}`],
      ["--help"],
      ["--version"],
      ["complete", "--", "l"],
    ]) {
      expect({ argv, ...(await runBlob(argv, withoutHome)) }).toMatchObject({ argv, code: 0, stderr: "" });
    }
  });

  test("a token of the environment is used, and nothing is missed", async () => {
    registry.quirks.basicAuth = { username: "me", password: "s3cret" };
    const env = { ...withoutHome.env, BLOB_USERNAME: "me", BLOB_PASSWORD: "s3cret" };
    const reference = `${registry.host}/acme/site:v1`;
    const ran = await runBlob(["push", reference, inside("site")], { homeDirectory: false, env });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    const refused = await runBlob(["ls", reference], withoutHome);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/^warning: there is no home directory.*set HOME/u);
  });

  test.each([
    "config path",
    "config show",
    "config check",
    "config set output json",
    "alias set one oci:./layout:v1",
    "cache status",
    "cache clear --force",
  ])("blob %s says what to set", async (line) => {
    const { code, stdout, stderr } = await runBlob(line.split(" "), withoutHome);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error\[NoHome\]: .*\nhint: set HOME, or .*BLOB_/u);
  });

  test("login and auth status say what to set", async () => {
    const argv = ["login", registry.host, "-u", "me", "--password-stdin"];
    const login = await runBlob(argv, { ...withoutHome, stdin: "secret\n" });
    expect(login.code).toBe(3);
    expect(login.stderr).toMatch(
      /^error\[UnreadableCredentialsFile\]: .*there is none: set HOME or DOCKER_CONFIG$/mu,
    );
    const status = await runBlob(["auth", "status", "ghcr.io"], withoutHome);
    expect(status.code).toBe(0);
    expect(status.stderr).toMatch(/^warning: there is no home directory/u);
  });
});

test("a TMPDIR that is missing is named in one line, and nothing else happens", async () => {
  vi.stubEnv("TMPDIR", inside("nothing"));
  onTestFinished(() => void vi.unstubAllEnvs());
  const home = inside("home");
  await mkdir(home);
  const { code, stderr } = await runBlob(["config", "edit"], {
    homeDirectory: home,
    env: { EDITOR: "echo '#' >>" },
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error\[TemporaryDirectory\]: .*nothing: .*\nhint: set TMPDIR to .*\n$/u);
  expect(stderr).toContain(inside("nothing"));
  expect(await readdir(home)).toEqual([]);
});
