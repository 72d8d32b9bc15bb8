// What an application gets: the packed packages, of which only @blob/client is named, in an empty project outside of this
// workspace, installed by npm and by pnpm, whose node_modules has nothing that is not named.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { DockerRegistry, TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, hasProgram, startDockerRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const packages = await neededPackages("client");
const shell = process.platform === "win32";

/** The oldest one that knows what the types are written in, the last ones in JavaScript, and the newest. */
const compilers = ["5.4.5", "5.9.3", "6.0.3", "7.0.2"] as const;

const reason = await reasonToSkip();
if (reason !== undefined) console.info(`${reason}: tests of the installed client are skipped`);

function folderOf(name: string): string {
  return fileURLToPath(new URL(`../../${name}`, import.meta.url));
}

/** The package, and what of ours it depends on. */
async function neededPackages(name: string): Promise<readonly string[]> {
  const text = await readFile(path.join(folderOf(name), "package.json"), "utf8");
  const { dependencies = {} } = JSON.parse(text) as { dependencies?: Readonly<Record<string, string>> };
  const ours = Object.keys(dependencies).flatMap((one) => /^@blob\/(.*)$/u.exec(one)?.[1] ?? []);
  const below = await Promise.all(ours.map(neededPackages));
  return [...new Set([name, ...below.flat()])];
}

async function reasonToSkip(): Promise<string | undefined> {
  if (!packages.every((name) => existsSync(path.join(folderOf(name), "dist")))) {
    return "the packages are not built (`pnpm build`)";
  }
  const { code } = await run("npm", ["ping", "--fetch-retries=0", "--fetch-timeout=5000"]);
  return code === 0 ? undefined : "npm's registry cannot be reached";
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  file: string,
  argv: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  try {
    return { code: 0, ...(await promisify(execFile)(file, argv, { ...options, shell })) };
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as Partial<Ran>;
    return { code: typeof code === "number" ? code : -1, stdout, stderr };
  }
}

/** Everything that an application does first, with what it does when it goes wrong. */
const application = `
import { createClient, defaultCredentials, isBlobError, isClientError, isFormatError } from "@blob/client";
import type { Archive, ArchivePlace, BlobErrorCode, Client, Descriptor, Entry, Policy, PulledArchive } from "@blob/client";
import { createArchiveFiles, openLocalArchive } from "@blob/client/files";
import type { ExtractResult } from "@blob/client/files";
import { createRegistryServer } from "@blob/client/server";

const [host = "", user = ""] = process.argv.slice(2);
const reference = \`\${host}/acme/site:v1\`;
const client: Client = createClient({ credentials: defaultCredentials(), plainHttp: true });

const pushed = await client.push(reference, "./public", { tags: ["latest"] });
const descriptor: Descriptor = pushed.descriptor;
await client.tag(\`\${host}/acme/site:stable\`, descriptor.digest);

const archive: PulledArchive = await client.pull(reference);
const entry: Entry | undefined = archive.entry("index.html");
const text: string = await archive.readFile("index.html", "utf8");
const files = await client.readFiles(reference, ["index.html", "css/site.css"]);
const extracted: ExtractResult = await client.extract(reference, "./extracted");
await createArchiveFiles("./public", "./local");
const places: ArchivePlace[] = ["file:./local", { index: "./local/index.blob", data: "./local/data.blob" }];
const counts: number[] = [];
for (const place of places) {
  const local: Archive = await client.open(place);
  counts.push(local.entryCount);
}
const alone = await openLocalArchive("./local");
counts.push(alone.entryCount);
await alone.close();

const policy = (ok: boolean): Policy => ({
  name: "by hand",
  evaluate: () => Promise.resolve(ok ? { ok } : { ok, reasons: [{ policy: "by hand", message: "not today" }] }),
});
const { ok } = await client.verify(reference, { policies: [policy(true)] });

async function codeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "nothing went wrong";
  } catch (error) {
    if (isClientError(error)) {
      return \`\${error.code} \${error.reasons.map(({ message }) => message).join()}\`.trim();
    }
    if (isFormatError(error)) return \`\${error.code} \${error.what ?? ""} \${error.path ?? ""}\`.trim();
    if (!isBlobError(error)) throw error;
    const code: BlobErrorCode = error.code;
    switch (code) {
      case "NotFound":
        return \`\${code} \${error.what ?? ""}\`;
      default:
        return code;
    }
  }
}

const stranger = createClient({ plainHttp: true });
const codes = [
  await codeOf(() => client.pull(reference, { policies: [policy(false)] })),
  await codeOf(() => client.pull(\`\${host}/acme/site:v2\`)),
  await codeOf(() => archive.readFile("nothing.html")),
  await codeOf(() => stranger.pull(reference)),
  await codeOf(() => client.pull("not a reference")),
];
await stranger.close();
await client.close();
const result = { user, ok, text, size: entry?.size, read: files.size, extracted: extracted.files, counts, codes };
console.log(JSON.stringify({ ...result, server: typeof createRegistryServer }));
`;

const resolutions = {
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
} as const;

/** The samples of the README, in their order. */
async function samples(): Promise<readonly string[]> {
  const text = await readFile(path.join(folderOf("client"), "README.md"), "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gmsu)].map(([, sample = ""]) => sample);
}

describe.skipIf(reason !== undefined)("packed and installed", () => {
  let directory: TemporaryDirectory;

  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    for (const name of packages) {
      const target = path.join(directory.path, "tarballs");
      const packed = await run("pnpm", ["pack", "--pack-destination", target], { cwd: folderOf(name) });
      expect(packed.code, packed.stderr).toBe(0);
    }
    const aliases = compilers.map((version) => `typescript-${version}@npm:typescript@${version}`);
    const tools = ["install", "--prefix", path.join(directory.path, "compilers"), "--no-audit", "--no-fund"];
    const installed = await run("npm", [...tools, "--prefer-offline", ...aliases]);
    expect(installed.code, installed.stderr).toBe(0);
  }, 600_000);
  afterAll(() => directory.remove());

  const projects = new Map<string, Promise<string>>();

  /** A project that names nothing but the client, and the types of Node. */
  function projectOf(manager: "npm" | "pnpm"): Promise<string> {
    const project = projects.get(manager) ?? newProject(manager);
    projects.set(manager, project);
    return project;
  }

  async function newProject(manager: "npm" | "pnpm"): Promise<string> {
    const project = path.join(directory.path, manager);
    const tarballs = await readdir(path.join(directory.path, "tarballs"));
    const tarball = (name: string): string => {
      const file = tarballs.find((one) => one.startsWith(`blob-${name}-`)) ?? "";
      return `file:${path.join(directory.path, "tarballs", file)}`;
    };
    // They are in no registry yet.
    const overrides = Object.fromEntries(
      packages.filter((name) => name !== "client").map((name) => [`@blob/${name}`, tarball(name)]),
    );
    await mkdir(project);
    await writeTree(project, {
      "package.json": JSON.stringify({
        private: true,
        type: "module",
        dependencies: { "@blob/client": tarball("client") },
        devDependencies: { "@types/node": "20.19.43" },
        overrides,
      }),
      "pnpm-workspace.yaml": JSON.stringify({ packages: ["."], overrides }),
      "public/index.html": "<h1>Hello</h1>\n",
      "public/css/site.css": "h1 {}\n",
      "application.ts": application,
    });
    const flags = ["install", "--prefer-offline", "--ignore-scripts"];
    const installed = await run(
      manager,
      manager === "npm"
        ? [...flags, "--omit=optional", "--no-audit", "--no-fund"]
        : [...flags, "--no-optional"],
      { cwd: project },
    );
    expect(installed.code, installed.stdout + installed.stderr).toBe(0);
    return project;
  }

  async function compile(project: string, version: string, options: object): Promise<Ran> {
    const compilerOptions = {
      target: "es2022",
      strict: true,
      skipLibCheck: false,
      types: ["node"],
      ...options,
    };
    const config = path.join(project, "tsconfig.json");
    await writeFile(config, JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    const bin = path.join(directory.path, "compilers/node_modules", `typescript-${version}`, "bin/tsc");
    return run(process.execPath, [bin, "-p", config], { cwd: project });
  }

  async function startRegistry(): Promise<DockerRegistry | undefined> {
    if (!hasProgram("docker-registry") || !hasProgram("htpasswd")) return undefined;
    return startDockerRegistry({ users: { me: "secret" } });
  }

  /** With credentials where Docker has them, and nothing of this process's environment. */
  async function environment(host: string): Promise<NodeJS.ProcessEnv> {
    const auth = Buffer.from("me:secret").toString("base64");
    const config = path.join(directory.path, "docker");
    await mkdir(config, { recursive: true });
    await writeFile(path.join(config, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
    return { PATH: process.env["PATH"], HOME: directory.path, DOCKER_CONFIG: config };
  }

  test.each(["npm", "pnpm"] as const)(
    "an application that %s installed compiles, and does with a real registry what it says",
    async (manager) => {
      const project = await projectOf(manager);
      const names = await readdir(path.join(project, "node_modules/@blob"));
      // npm puts everything side by side.
      if (manager === "pnpm") expect(names).toEqual(["client"]);
      const compiled = await compile(project, "5.4.5", { ...resolutions.nodenext, outDir: "out" });
      expect(compiled.stdout).toBe("");
      const registry = await startRegistry();
      if (registry === undefined) return;
      try {
        const env = await environment(registry.host);
        const ran = await run(process.execPath, ["out/application.js", registry.host, "me"], {
          cwd: project,
          env,
        });
        expect(ran).toMatchObject({ code: 0, stderr: "" });
        expect(JSON.parse(ran.stdout)).toEqual({
          user: "me",
          ok: true,
          text: "<h1>Hello</h1>\n",
          size: 15,
          read: 2,
          extracted: 2,
          counts: [2, 2, 2],
          codes: [
            "PolicyViolation not today",
            "NotFound reference",
            "NotFound file nothing.html",
            "Unauthorized",
            "InvalidReference",
          ],
          server: "function",
        });
      } finally {
        await registry.close();
      }
    },
    600_000,
  );

  test.each(
    compilers.flatMap((version) =>
      (["nodenext", "bundler"] as const).map((resolution) => [version, resolution] as const),
    ),
  )(
    "TypeScript %s, %s: compiles under strict, and checks the types of libraries too",
    async (version, resolution) => {
      const project = await projectOf("pnpm");
      const compiled = await compile(project, version, { ...resolutions[resolution], noEmit: true });
      expect(compiled.stdout).toBe("");
      expect(compiled.code).toBe(0);
    },
    300_000,
  );

  test("the samples of the README compile and run", async () => {
    const registry = await startRegistry();
    if (registry === undefined) return;
    try {
      const project = await projectOf("pnpm");
      const found = await samples();
      expect(found).toHaveLength(4);
      const names = found.map((_sample, i) => `sample-${String(i)}`);
      for (const [i, sample] of found.entries()) {
        // A real registry, which has no certificate here.
        const text = sample
          .replaceAll("ghcr.io/", `${registry.host}/`)
          .replaceAll("createClient({ ", "createClient({ plainHttp: true, ");
        await writeFile(path.join(project, `sample-${String(i)}.ts`), text);
      }
      const compiled = await compile(project, "7.0.2", { ...resolutions.nodenext, outDir: "out" });
      expect(compiled.stdout).toBe("");
      const env = await environment(registry.host);
      const said: string[] = [];
      for (const name of names) {
        const ran = await run(process.execPath, [`out/${name}.js`], { cwd: project, env });
        expect(ran, name).toMatchObject({ code: 0, stderr: "" });
        said.push(ran.stdout);
      }
      expect(said).toEqual([
        "<h1>Hello</h1>\n\n",
        "file:./archive 2\noci:./layout:v1 2\n15\n[ 'index.html' ]\n",
        "false has an owner\n",
        "there is no such repository\n",
      ]);
    } finally {
      await registry.close();
    }
  }, 300_000);
});
