import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { lstat, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { generateKeyPair } from "@blob/sigstore-policy";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// What people get: the packed command, installed by npm, without anything optional and outside of this workspace. It has
// what it needs in it; the libraries are packed for the one test that is about one of them.
const libraries = ["core", "auth", "registry", "sigstore-policy"];
const packages = [...libraries, "cli"];
const folderOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const isWindows = process.platform === "win32";

const reason = await reasonToSkip();
if (reason !== undefined) console.info(`${reason}: tests of the installed command are skipped`);

async function reasonToSkip(): Promise<string | undefined> {
  if (!packages.every((name) => existsSync(path.join(folderOf(name), "dist")))) {
    return "the packages are not built (`pnpm build`)";
  }
  const ping = run("npm", ["ping", "--fetch-retries=0", "--fetch-timeout=5000"]);
  return (await ping).code === 0 ? undefined : "npm's registry cannot be reached";
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

async function run(file: string, argv: readonly string[], { cwd, env }: RunOptions = {}): Promise<Ran> {
  try {
    const ran = await promisify(execFile)(file, argv, { cwd, env: env ?? process.env, shell: isWindows });
    return { code: 0, ...ran };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as Partial<Ran>;
    return { code: typeof code === "number" ? code : -1, stdout, stderr };
  }
}

describe.skipIf(reason !== undefined)("packed and installed", () => {
  let directory: TemporaryDirectory;
  let command = "";
  let env: Readonly<Record<string, string | undefined>> = {};

  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    const tarballs = path.join(directory.path, "tarballs");
    for (const name of packages) {
      const packed = await run("pnpm", ["pack", "--pack-destination", tarballs], { cwd: folderOf(name) });
      expect(packed.code, packed.stderr).toBe(0);
    }
    const files = await readdir(tarballs);
    const ofCommand = files.filter((name) => name.startsWith("blob-cli-"));
    const prefix = path.join(directory.path, "prefix");
    // Not --global: there npm 11 builds what is optional in spite of --omit.
    const flags = ["--no-audit", "--no-fund", "--prefer-offline", "--omit=optional"];
    for (const [folder, names] of [
      [prefix, ofCommand],
      [path.join(directory.path, "libraries"), files.filter((name) => !ofCommand.includes(name))],
    ] as const) {
      const named = names.map((name) => path.join(tarballs, name));
      const installed = await run("npm", ["install", "--prefix", folder, ...flags, ...named]);
      expect(installed.code, installed.stderr).toBe(0);
    }
    command = path.join(prefix, "node_modules", ".bin", isWindows ? "blob.cmd" : "blob");
    env = { PATH: process.env["PATH"], HOME: directory.path, USERPROFILE: directory.path };
    await writeTree(path.join(directory.path, "site"), { "a.txt": "hello\n", "css/b.css": "p {}\n" });
  }, 180_000);
  afterAll(() => directory.remove());

  const blob = (...argv: readonly string[]): Promise<Ran> => run(command, argv, { cwd: directory.path, env });

  test("--version is the package's, and nothing optional is there", async () => {
    const manifest: unknown = JSON.parse(await readFile(path.join(folderOf("cli"), "package.json"), "utf8"));
    const { code, stdout, stderr } = await blob("--version");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(manifest).toMatchObject({ version: stdout.trim() });
    const everything = await readdir(path.join(directory.path, "prefix"), { recursive: true });
    expect(everything.filter((name) => path.basename(name) === "zstd-napi")).toEqual([]);
    // Sources, tests and what only they need stay at home.
    const unwanted =
      /@blob.[a-z-]+.(?:src\b|(?:dist|bundle).*(?:\.test\.|\.map$|\btesting\b|\.tsbuildinfo$))/u;
    expect(everything.filter((name) => unwanted.test(name))).toEqual([]);
  });

  test("takes no more packages and bytes than promised", async () => {
    const everything = await readdir(path.join(directory.path, "prefix", "node_modules"), {
      recursive: true,
      withFileTypes: true,
    });
    const sizes = everything
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => (await lstat(path.join(parentPath, name))).size);
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    const installed = everything.filter(
      ({ parentPath, name }) =>
        name === "package.json" && /node_modules.(?:@[^/\\]+.)?[^/\\@]+$/u.test(parentPath),
    );
    // That of the command's folder of programs is none of another package.
    expect(installed.map(({ parentPath }) => path.basename(parentPath))).toEqual(["cli"]);
    expect(bytes).toBeLessThanOrEqual(4_000_000);
  });

  test("create, ls and cat of local files", async () => {
    expect(await blob("create", "site", "archive")).toMatchObject({ code: 0, stderr: "" });
    expect(await blob("ls", "file:archive")).toEqual({ code: 0, stdout: "a.txt\ncss/\n", stderr: "" });
    expect(await blob("cat", "file:archive", "a.txt")).toEqual({ code: 0, stdout: "hello\n", stderr: "" });
  });

  test("push, pull, sign and verify over an OCI layout", async () => {
    expect(await blob("push", "oci:layout:v1", "site")).toMatchObject({ code: 0 });
    expect(await blob("pull", "oci:layout:v1", "pulled")).toMatchObject({ code: 0 });
    expect(await blob("diff", "oci:layout:v1", "pulled")).toEqual({ code: 0, stdout: "", stderr: "" });

    const password = "of a test";
    const { privateKey, publicKey } = await generateKeyPair({ password });
    await writeFile(path.join(directory.path, "release.key"), privateKey, { mode: 0o600 });
    await writeFile(path.join(directory.path, "release.pub"), publicKey);
    const verify = ["verify", "oci:layout:v1", "--key", "release.pub"];
    expect(await blob(...verify)).toMatchObject({ code: 5 });
    env = { ...env, BLOB_KEY_PASSWORD: password };
    const signed = await blob("sign", "oci:layout:v1", "--key", "release.key", "--no-log");
    expect(signed.code, signed.stderr).toBe(0);
    expect(await blob(...verify)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Verified /u) });
  });

  test("the updater of trusted roots is in its package, and asks through our fetcher", async () => {
    const script = `
      import { trustedRootTuf } from "@blob/sigstore-policy";
      const root = trustedRootTuf({ cacheDirectory: process.argv[1], offline: true });
      await root.load().catch((error) => console.log(error.code, "because", error.cause.message));`;
    const cacheDirectory = path.join(directory.path, "trust");
    const cwd = path.join(directory.path, "libraries");
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script, cacheDirectory], {
      cwd,
      env,
    });
    expect(stdout).toBe("TrustUnavailable because the network is not to be used\n");
    const licences = path.join(cwd, "node_modules/@blob/sigstore-policy/dist/THIRD-PARTY-LICENSES.txt");
    expect(await readFile(licences, "utf8")).toMatch(/^## tuf-js /mu);
  });

  test("an application imports the command, with its types", async () => {
    const script = `
      import { exitCodes, Interruption, main } from "@blob/cli";
      import { PassThrough } from "node:stream";
      const [stdin, stdout, stderr] = [new PassThrough().end(), new PassThrough(), new PassThrough()];
      const io = { stdin, stdout, stderr, env: {}, homeDirectory: undefined, signal: new AbortController().signal };
      const code = await main(["cat", "file:../archive", "a.txt"], io);
      console.log(code === exitCodes.done, typeof Interruption, String(stdout.read()).trim());`;
    const cwd = path.join(directory.path, "prefix");
    const ran = await run(process.execPath, ["--input-type=module", "-e", script], { cwd, env });
    expect(ran).toEqual({ code: 0, stdout: "true function hello\n", stderr: "" });
    const types = await readdir(path.join(cwd, "node_modules/@blob/cli/dist"), { recursive: true });
    expect(types.filter((name) => name.endsWith(".js"))).toEqual([]);
    expect(types).toContain("index.d.ts");
  });

  test("threads have their files: large directories are created and extracted in them", async () => {
    const text = "what is worth a thread has some megabytes\n".repeat(500);
    const names = Array.from({ length: 5000 }, (_, at) => [`${at % 50}/${at}.txt`, `${at}\n${text}`]);
    await writeTree(path.join(directory.path, "many"), Object.fromEntries(names) as Record<string, string>);
    const tellThreads = path.join(directory.path, "tell-threads.cjs");
    const threads = path.join(directory.path, "threads");
    await writeFile(
      tellThreads,
      `const { isMainThread } = require("node:worker_threads");
      if (!isMainThread) require("node:fs").appendFileSync(${JSON.stringify(threads)}, "one\\n");`,
    );
    const withThreads = { ...env, NODE_OPTIONS: `--require ${JSON.stringify(tellThreads)}` };
    for (const argv of [
      ["push", "oci:many-layout:v1", "many"],
      ["pull", "oci:many-layout:v1", "many-pulled"],
    ]) {
      await rm(threads, { force: true });
      const ran = await run(command, argv, { cwd: directory.path, env: withThreads });
      expect(ran.code, ran.stderr).toBe(0);
      // With one core there is none to spare.
      if (availableParallelism() > 1) expect(await readFile(threads, "utf8")).toMatch(/^one$/mu);
    }
    expect((await blob("diff", "oci:many-layout:v1", "many-pulled")).stdout).toBe("");
    // These wait for somebody who looks at files.
    const bundle = path.join(directory.path, "prefix/node_modules/@blob/cli/bundle");
    for (const name of ["decode", "highlight", "preview"]) {
      expect(existsSync(path.join(bundle, `${name}-worker.js`)), name).toBe(true);
    }
  });

  test("says whose code is in it", async () => {
    const file = path.join(
      directory.path,
      "prefix/node_modules/@blob/cli/bundle",
      "THIRD-PARTY-LICENSES.txt",
    );
    const text = await readFile(file, "utf8");
    for (const name of ["undici", "commander", "yaml", "tuf-js"]) expect(text).toContain(`\n## ${name} `);
  });

  test("an error is a line with its code, and an exit code", async () => {
    const { code, stdout, stderr } = await blob("cat", "file:archive", "nothing");
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toMatch(/^error\[NotFound\]: /u);
  });

  test("open says that it needs a terminal", async () => {
    const { code, stderr } = await blob("open", "file:archive");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error\[Usage\]: open needs a terminal/u);
  });

  test.skipIf(isWindows)("serve answers, and ends well at Ctrl-C", async () => {
    const child = spawn(command, ["serve", "file:archive", "--port", "0", "--output", "json"], {
      cwd: directory.path,
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    try {
      let said = "";
      for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
        said += String(chunk);
        if (said.trimEnd().endsWith("}")) break;
      }
      const { url } = JSON.parse(said) as { readonly url: string };
      expect(await (await fetch(`${url}a.txt`)).text()).toBe("hello\n");
    } finally {
      child.kill("SIGINT");
    }
    expect(await ended).toEqual([0, null]);
  });
});
