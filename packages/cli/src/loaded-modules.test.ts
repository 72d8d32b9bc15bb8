import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, readdir, rm } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestProxy, startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { command, isBuilt } from "./testing/command.js";
import { runBlob } from "./testing/run-blob.js";

const recorder = fileURLToPath(new URL("testing/record-modules.cjs", import.meta.url));
const home = path.dirname(path.dirname(command));
if (!isBuilt) console.info("the command is not built (`pnpm build`): tests of what it loads are skipped");

let directory: TemporaryDirectory;
let registry: TestRegistry;

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  registry = await startTestRegistry({ allowedHosts: ["registry.example"] });
  const site = path.join(directory.path, "site");
  await writeTree(site, { "a.txt": "a\n" });
  await runBlob(["create", site, path.join(directory.path, "archive")]);
  await runBlob(["push", `oci:${path.join(directory.path, "layout")}:v1`, site]);
  expect((await runBlob(["push", "--plain-http", `${registry.host}/acme/site:v1`, site])).code).toBe(0);
});
afterAll(async () => {
  await registry.close();
  await directory.remove();
});

interface Loaded {
  /** Of the command, by their paths in its package. */
  readonly files: readonly string[];
  /** What is in them, as in `@blob/cli/commands/ls/ls` and `undici/lib/api/index`. */
  readonly modules: readonly string[];
  readonly packages: ReadonlySet<string>;
  /** Node's own, by their names. */
  readonly builtins: ReadonlySet<string>;
}

/** Above each module in a file of the bundle stands where it came from. */
const origins = /^\/\/ (?:.*\/node_modules\/|(?:\.\.\/(?<ours>[a-z-]+)\/)?dist\/)(?<file>.+)\.[cm]?js$/gmu;

function modulesIn(text: string): string[] {
  return Array.from(text.matchAll(origins), ([line, ours = "cli", file = ""]) =>
    line.includes("/node_modules/") ? file : `@blob/${ours}/${file}`,
  );
}

function packagesOf(modules: readonly string[]): ReadonlySet<string> {
  return new Set(modules.map((name) => /^(?:@[^/]+\/)?[^/]+/u.exec(name)?.[0] ?? name));
}

async function loadedBy(
  line: string,
  code = 0,
  variables: Readonly<Record<string, string>> = {},
): Promise<Loaded> {
  const record = path.join(directory.path, "modules");
  await rm(record, { force: true });
  const argv = line.replace("REFERENCE", `${registry.host}/acme/site:v1`).split(" ");
  // The registry is in this process: nothing may wait for the command's end.
  const child = spawn(process.execPath, ["--require", recorder, command, ...argv], {
    cwd: directory.path,
    env: {
      PATH: process.env["PATH"],
      HOME: directory.path,
      MODULES_FILE: record,
      // Whatever this machine has of podman's.
      CONTAINERS_REGISTRIES_CONF: path.join(directory.path, "none"),
      ...variables,
    },
    stdio: ["ignore", "ignore", code === 0 ? "inherit" : "ignore"],
  });
  expect(await once(child, "close")).toEqual([code, null]);
  const lines = (await readFile(record, "utf8")).split("\n");
  const all = lines.filter((name) => !name.startsWith("node:"));
  const builtins = new Set(lines.flatMap((name) => /^node:(.*)/u.exec(name)?.[1] ?? []));
  const loaded = all.filter((file) => file.startsWith(home));
  // The native codec, where it is installed, has files of its own.
  expect(all.filter((file) => !loaded.includes(file) && !file.includes("zstd-napi"))).toEqual([]);
  const modules = (await Promise.all(loaded.map((file) => readFile(file, "utf8")))).flatMap(modulesIn);
  const files = loaded.map((file) => path.relative(home, file).replaceAll(path.sep, "/"));
  return { files, modules, packages: packagesOf(modules), builtins };
}

describe.skipIf(!isBuilt)("what a run loads", () => {
  test("--version: neither a parser of arguments nor anything else", async () => {
    expect((await loadedBy("--version")).files).toEqual(["bin/blob.js", "package.json"]);
  });

  test.each([
    ["--help", []],
    ["version", []],
    ["config path", []],
    ["alias list", []],
    ["create site out", ["@blob/format"]],
    ["ls file:archive", ["@blob/format"]],
    ["cat file:archive a.txt", ["@blob/format"]],
    ["tree file:archive", ["@blob/format"]],
    // A verb of the client, which looks for what refers to an archive in a registry.
    ["inspect file:archive", ["@blob/auth", "@blob/cache", "@blob/client", "@blob/format", "@blob/registry"]],
  ])("blob %s: of this project only the command, the ground floor and %j", async (line, wanted) => {
    const { packages } = await loadedBy(line);
    expect([...packages].filter((name) => name.startsWith("@blob/")).toSorted()).toEqual(
      ["@blob/cli", "@blob/core", ...wanted].toSorted(),
    );
  });

  test.each([
    "--help",
    "create site out2",
    "ls file:archive",
    "cat oci:layout:v1 a.txt",
    "ls oci:layout:v1",
    "push oci:layout:v2 site",
    "pull oci:layout:v1 pulled",
    "inspect oci:layout:v1",
    "inspect file:archive",
    "tag oci:layout:v1 oci:layout:v3",
    "complete -- cat oci:layout:v1 a",
  ])("blob %s: no HTTP, no signatures, no full-screen browser, no YAML", async (line) => {
    const { packages, modules } = await loadedBy(line);
    const unwanted =
      /^(?:undici|sigstore|@sigstore\/[^/]*|@blob\/sigstore-policy|@blob\/cli\/open\/.*|string-width|yaml)$/u;
    expect([...packages, ...modules].filter((name) => unwanted.test(name))).toEqual([]);
  });

  // Each of them takes a start some tenths of a millisecond.
  test.each([
    ["--help", 4, 0],
    ["ls --nonsense", 6, 2],
    ["ls file:archive", 8, 0],
    ["ls --plain-http REFERENCE", 9, 0],
    ["cat --plain-http REFERENCE a.txt", 10, 0],
    ["push --plain-http REFERENCE site", 19, 0],
    ["pull --plain-http REFERENCE pulled2", 18, 0],
  ])("blob %s: at most %i files", async (line, most, code) => {
    const { files } = await loadedBy(line, code);
    expect(files.length, files.join(" ")).toBeLessThanOrEqual(most);
  });

  test.each(["ls --plain-http REFERENCE", "cat --plain-http REFERENCE a.txt"])(
    "blob %s: of undici what a plain request needs, and nothing that is not needed",
    async (line) => {
      // Else nothing is asked of the registry.
      await rm(path.join(directory.path, ".cache"), { recursive: true, force: true });
      const { modules, packages } = await loadedBy(line);
      expect(modules).toContain("undici/lib/dispatcher/agent");
      const unwanted =
        /^undici\/lib\/(?:mock|cache|interceptor|web|llhttp\/llhttp-wasm$)|^undici\/.*(?:proxy|socks|h2|sqlite|retry|redirect)/u;
      expect(modules.filter((name) => unwanted.test(name))).toEqual([]);
      expect([...packages].filter((name) => !name.startsWith("@blob/")).toSorted()).toEqual([
        "@noble/hashes",
        "commander",
        "undici",
      ]);
    },
  );

  test("blob ls of a registry: what it needs, in these files, and nothing that reads contents from disk", async () => {
    const { files, modules } = await loadedBy("ls --skip-cache --plain-http REFERENCE");
    const names = [
      "command-line",
      "rolldown-runtime",
      "compile-cache",
      "ls.command",
      "ls",
      "archives",
      "client",
      "http",
    ];
    expect(files.toSorted()).toEqual(
      ["bin/blob.js", ...names.map((name) => `bundle/${name}.cjs`)].toSorted(),
    );
    const verbs = modules.filter((name) =>
      /^@blob\/client\/verbs\/(?:push|copy|sync|sign|extract)$/u.test(name),
    );
    expect(verbs).toEqual([]);
  });

  test.each([
    "--help",
    "ls --skip-cache --plain-http REFERENCE",
    "cat --skip-cache --plain-http REFERENCE a.txt",
  ])("blob %s: of Node no HTTP, TLS, assertions, threads or measuring", async (line) => {
    const { builtins } = await loadedBy(line);
    const unwanted = [
      "http",
      "https",
      "http2",
      "tls",
      "assert",
      "worker_threads",
      "perf_hooks",
      "timers/promises",
    ];
    expect(unwanted.filter((name) => builtins.has(name))).toEqual([]);
  });

  test("what is for proxies is loaded when there is one, and works", async () => {
    const proxy = await startTestProxy(Number(registry.host.split(":")[1]));
    onTestFinished(() => proxy.close());
    const address = `http://${proxy.host}`;
    const variables = { HTTP_PROXY: address, HTTPS_PROXY: address };
    const line = "cat --skip-cache --plain-http registry.example/acme/site:v1 a.txt";
    const plain = await loadedBy(line, 0, variables);
    expect(plain.files).not.toContain("bundle/undici-proxy.cjs");
    expect(proxy.asked).toContain("GET http://registry.example/v2/acme/site/manifests/v1");
    // What is behind the tunnel speaks no TLS.
    const tunnelled = await loadedBy("ls registry.example/acme/site:v1", 7, variables);
    expect(tunnelled.files).toContain("bundle/undici-proxy.cjs");
    expect(proxy.asked).toContain("CONNECT registry.example:443");
  });

  test("a run declares its own command and no other", async () => {
    const { modules } = await loadedBy("ls file:archive");
    expect(modules.filter((name) => name.startsWith("@blob/cli/commands/")).toSorted()).toEqual([
      "@blob/cli/commands/ls/ls",
      "@blob/cli/commands/ls/ls.command",
    ]);
  });
});

test.skipIf(!isBuilt)("the bundle has no source maps, and says whose code is in it", async () => {
  const folder = path.join(home, "bundle");
  const code: string[] = [];
  for (const name of await readdir(folder)) {
    if (name === "THIRD-PARTY-LICENSES.txt") continue;
    expect(name).toMatch(/\.c?js$/u);
    code.push(await readFile(path.join(folder, name), "utf8"));
  }
  expect(code.filter((text) => text.includes("sourceMappingURL="))).toEqual([]);
  const notices = await readFile(path.join(folder, "THIRD-PARTY-LICENSES.txt"), "utf8");
  const named = new Set(Array.from(notices.matchAll(/^## (\S+) \d/gmu), ([, name]) => name));
  const inside = packagesOf(code.flatMap(modulesIn));
  expect(inside.size).toBeGreaterThan(20);
  expect([...inside].filter((name) => !name.startsWith("@blob/") && !named.has(name))).toEqual([]);
});
