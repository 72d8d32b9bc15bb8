import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runBlob } from "./testing/run-blob.js";

let directory = "";
let site = "";
let reference = "";

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "blob-cli-"));
  site = path.join(directory, "site");
  const files = {
    "index.html": "<h1>hello</h1>",
    "css/site.css": "body { color: black }\n".repeat(100),
    "css/print.css": "body { color: black }",
    "config/a.yaml": "a: 1\n",
    "config/b.yaml": "b: 2\n",
    "empty.txt": "",
  };
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(site, name)), { recursive: true });
    await writeFile(path.join(site, name), content, { mode: 0o644 });
  }
  reference = `oci:${path.join(directory, "layout")}:v1`;
  expect(await runBlob(["push", reference, site])).toMatchObject({ code: 0 });
});

afterAll(() => rm(directory, { recursive: true, force: true }));

async function json(...argv: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runBlob(["--output", "json", ...argv]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/u) as string;

describe("push", () => {
  test("says what was pushed", async () => {
    const { code, stdout } = await runBlob(["push", reference, site]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Pushed oci:.*\nDigest: sha256:[0-9a-f]{64}\nFiles: {2}6, /u);
    expect(stdout).toMatch(/Data: .*exists/u);
  });

  test("as JSON", async () => {
    expect(await json("push", "-t", "latest", "--annotation", "team=web", reference, site)).toMatchObject({
      ref: reference,
      status: "success",
      digest,
      files: 6,
      skipped: [],
      signed: false,
    });
    expect(await json("inspect", reference.replace(":v1", ":latest"))).toMatchObject({
      annotations: { team: "web" },
    });
  });

  test("a directory that is not there", async () => {
    const { code, stderr } = await runBlob(["push", reference, path.join(directory, "nowhere")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[FileSystem\]: .*nowhere/u);
  });

  test("an annotation without a value", async () => {
    const { code, stderr } = await runBlob(["push", reference, site, "--annotation", "team"]);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("KEY=VALUE") as string,
    });
  });
});

describe("cat", () => {
  test("writes nothing when one of the files is not there, wherever it stands", async () => {
    for (const wrong of ["config/c.yaml", "config"]) {
      const { code, stdout } = await runBlob(["cat", reference, "config/a.yaml", wrong, "config/b.yaml"]);
      expect({ wrong, failed: code !== 0, stdout }).toEqual({ wrong, failed: true, stdout: "" });
    }
  });

  test("writes the bytes and nothing else", async () => {
    const ran = await runBlob(["cat", reference, "config/a.yaml", "/config/b.yaml", "empty.txt"]);
    expect(ran).toEqual({ code: 0, stdout: "a: 1\nb: 2\n", stderr: "" });
  });

  test("a file that is not there", async () => {
    const { code, stdout, stderr } = await runBlob(["cat", reference, "config/c.yaml"]);
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toMatch(/^error\[NotFound\]: .*config\/c\.yaml/u);
  });

  test("does not garble a terminal", async () => {
    const binary = path.join(directory, "binary");
    await mkdir(binary);
    await writeFile(path.join(binary, "b"), Buffer.from([0, 1, 2]));
    const binaryReference = reference.replace(":v1", ":binary");
    await runBlob(["push", binaryReference, binary]);
    const refused = await runBlob(["cat", binaryReference, "b"], { terminal: true });
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("--force");
    expect(await runBlob(["cat", "--force", binaryReference, "b"], { terminal: true })).toMatchObject({
      code: 0,
    });
    expect(await runBlob(["cat", binaryReference, "b"])).toMatchObject({ code: 0, stdout: "\0\u0001\u0002" });
  });
});

describe("ls", () => {
  test("names, directories with a slash", async () => {
    expect((await runBlob(["ls", reference])).stdout).toBe("config/\ncss/\nempty.txt\nindex.html\n");
    expect((await runBlob(["ls", reference, "/css/"])).stdout).toBe("print.css\nsite.css\n");
    expect((await runBlob(["ls", reference, "index.html"])).stdout).toBe("index.html\n");
  });

  test("-l adds mode, size, time and hash, -h makes sizes readable", async () => {
    const { stdout } = await runBlob(["ls", "-l", "-h", reference, "css"]);
    expect(stdout).toMatch(
      /^-rw-r--r-- +21 B {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}sha256:[0-9a-f]{12} {2}print\.css\n/u,
    );
    expect(stdout).toMatch(/ 2\.1 KiB .* site\.css\n$/u);
  });

  test("as JSON", async () => {
    expect(await json("ls", reference, "/")).toEqual({
      ref: reference,
      path: "/",
      entries: [
        { name: "config", path: "config", is_dir: true },
        { name: "css", path: "css", is_dir: true },
        expect.objectContaining({ name: "empty.txt", is_dir: false, size: 0, size_human: "0 B", digest }),
        expect.objectContaining({ name: "index.html", mode: "-rw-r--r--", size: 14 }),
      ],
    });
  });

  test("a directory that is not there", async () => {
    expect(await runBlob(["ls", reference, "js"])).toMatchObject({ code: 4, stdout: "" });
  });
});

describe("tree", () => {
  test("draws directories and files, and counts them", async () => {
    expect((await runBlob(["tree", reference])).stdout).toBe(
      [
        ".",
        "├── config/",
        "│   ├── a.yaml",
        "│   └── b.yaml",
        "├── css/",
        "│   ├── print.css",
        "│   └── site.css",
        "├── empty.txt",
        "└── index.html",
        "",
        "2 directories, 6 files",
        "",
      ].join("\n"),
    );
  });

  test("-L limits its depth", async () => {
    expect((await runBlob(["tree", "-L", "1", reference])).stdout).toMatch(/\n2 directories, 2 files\n$/u);
    expect(await runBlob(["tree", "-L", "-1", reference])).toMatchObject({ code: 2 });
    const all = await runBlob(["tree", reference]);
    expect(await runBlob(["tree", "-L", "0", reference])).toEqual(all);
  });
});

test("inspect tells what an archive is", async () => {
  const { stdout } = await runBlob(["inspect", reference]);
  for (const label of ["Reference:", "Digest:", "Created:", "Files:", "Size:", "Compression: zstd"]) {
    expect(stdout).toContain(label);
  }
  expect(await json("inspect", reference)).toMatchObject({
    ref: reference,
    resolved_ref: expect.stringMatching(/:v1@sha256:/u) as string,
    digest,
    created: expect.stringMatching(/^\d{4}-.*Z$/u) as string,
    files: 6,
    size: { uncompressed: 2245 },
    compression: "zstd",
  });
});

describe("pull", () => {
  test("extracts, leaves existing files alone, and replaces them on request", async () => {
    const out = path.join(directory, "pulled");
    expect((await runBlob(["pull", reference, out])).stdout).toMatch(/^Pulled 6 files/u);
    await writeFile(path.join(out, "index.html"), "mine");
    const again = await runBlob(["pull", reference, out]);
    expect(again.stdout).toMatch(/^Pulled 0 files/u);
    expect(again.stdout).toMatch(/^Left alone: \d+ /mu);
    expect(await readFile(path.join(out, "index.html"), "utf8")).toBe("mine");
    expect((await runBlob(["pull", "--force", reference, out])).stdout).toMatch(/^Pulled 6 files/u);
    expect(await readFile(path.join(out, "index.html"), "utf8")).toBe("<h1>hello</h1>");
  });

  test("only a part, as JSON", async () => {
    const out = path.join(directory, "part");
    expect(await json("pull", "--prefix", "/css", reference, out)).toMatchObject({
      ref: reference,
      destination: out,
      file_count: 2,
      skipped_count: 0,
      verified: false,
      policies_applied: 0,
    });
    expect((await stat(path.join(out, "css", "site.css"))).size).toBe(2200);
  });
});

describe("cp", () => {
  test("renames one file, or puts it with its directories into a directory", async () => {
    const out = path.join(directory, "cp-one");
    await mkdir(out);
    await runBlob(["cp", `${reference}:/config/a.yaml`, path.join(out, "renamed.yaml")]);
    await runBlob(["cp", `${reference}:/config/a.yaml`, out]);
    expect(await readFile(path.join(out, "renamed.yaml"), "utf8")).toBe("a: 1\n");
    expect(await readFile(path.join(out, "config/a.yaml"), "utf8")).toBe("a: 1\n");
  });

  test("keeps directories of several sources, unless they are to be flat", async () => {
    const out = path.join(directory, "cp-several");
    const sources = [`${reference}:/config/a.yaml`, `${reference}:/css`];
    expect(await json("cp", ...sources, out)).toMatchObject({ file_count: 3 });
    expect(await readFile(path.join(out, "config", "a.yaml"), "utf8")).toBe("a: 1\n");
    expect(await json("cp", "--flat", ...sources, path.join(out, "flat"))).toMatchObject({ file_count: 3 });
    expect((await stat(path.join(out, "flat", "site.css"))).size).toBe(2200);
  });

  test("finds what is missing before it writes anything", async () => {
    const out = path.join(directory, "cp-missing");
    const { code } = await runBlob(["cp", `${reference}:/config/a.yaml`, `${reference}:/nothing`, out]);
    expect(code).toBe(4);
    await expect(stat(out)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

test("tag points another tag at the same manifest", async () => {
  const other = reference.replace(":v1", ":stable");
  const { stdout } = await runBlob(["tag", reference, other]);
  expect(stdout).toMatch(/^Tagged oci:.*:stable\nDigest: sha256:/u);
  expect((await runBlob(["cat", other, "config/a.yaml"])).stdout).toBe("a: 1\n");
  expect(await runBlob(["tag", reference, "oci:elsewhere:v1"])).toMatchObject({ code: 2 });
});

test("create writes a local archive that every reading command takes", async () => {
  const out = path.join(directory, "archive");
  expect(await json("create", site, out)).toMatchObject({ destination: out, files: 6, index: { digest } });
  expect((await stat(path.join(out, "index.blob"))).size).toBeGreaterThan(0);
  expect((await runBlob(["cat", `file:${out}`, "config/a.yaml"])).stdout).toBe("a: 1\n");
  expect((await runBlob(["ls", `file:${out}`, "css"])).stdout).toBe("print.css\nsite.css\n");
  expect((await runBlob(["inspect", `file:${out}`])).code).toBe(0);
  expect((await runBlob(["pull", `file:${out}`, path.join(directory, "from-file")])).code).toBe(0);
});

test("version", async () => {
  expect((await runBlob(["version", "--short"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/u);
  expect((await runBlob(["version"])).stdout).toMatch(/^blob \d/u);
  expect((await runBlob(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/u);
});

describe("the command line", () => {
  test.each([
    [["pusch"], "unknown command 'pusch'"],
    [["ls"], "missing required argument 'reference'"],
    [["ls", "a", "b", "c"], "too many arguments"],
    [["ls", "--frobnicate", "x"], "unknown option '--frobnicate'"],
    [["push", "-c", "gzip", "a", "b"], "Allowed choices are none, zstd"],
    [["tree", "-L", "many", "x"], "whole number"],
    [["--output", "xml", "version"], "text or json"],
    [["-u", "me", "ls", "ghcr.io/acme/site:v1"], "--password-stdin"],
  ])("%j is a usage error on one line", async (argv, why) => {
    const { code, stdout, stderr } = await runBlob(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    const [error, hint, ...more] = stderr.trimEnd().split("\n");
    expect(error).toMatch(/^error\[Usage\]: /u);
    expect(error).toContain(why);
    expect(hint).toMatch(/^hint: /u);
    expect(more).toEqual([]);
  });

  test("errors are JSON when results are", async () => {
    const { code, stdout, stderr } = await runBlob(["ls", "ghcr.io/UPPER:v1", "--output", "json"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: "InvalidReference", hint: expect.any(String) as string },
    });
  });

  test("global flags stand before or after the command", async () => {
    expect(JSON.parse((await runBlob(["--output", "json", "ls", reference])).stdout)).toMatchObject({
      path: "/",
    });
    expect(JSON.parse((await runBlob(["ls", reference, "--output=json"])).stdout)).toMatchObject({
      path: "/",
    });
    expect(
      JSON.parse((await runBlob(["ls", reference], { env: { BLOB_OUTPUT: "json" } })).stdout),
    ).toBeDefined();
  });

  test("help says what there is", async () => {
    const { code, stdout } = await runBlob(["--help"]);
    expect(code).toBe(0);
    for (const command of [
      "push",
      "pull",
      "cat",
      "ls",
      "tree",
      "inspect",
      "cp",
      "tag",
      "version",
      "create",
    ]) {
      expect(stdout).toContain(`  ${command} `);
    }
    expect((await runBlob(["ls", "--help"])).stdout).toContain("--human");
  });

  test("a layout that is not there", async () => {
    const { code, stderr } = await runBlob(["ls", `oci:${path.join(directory, "no-layout")}:v1`]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error\[NotFound\]: .*no-layout/u);
  });

  test("an interrupted command ends with the signal's exit code", async () => {
    const { Interruption } = await import("./index.js");
    const signal = AbortSignal.abort(new Interruption("SIGTERM"));
    expect(await runBlob(["cat", reference, "config/a.yaml"], { signal })).toMatchObject({
      code: 143,
      stdout: "",
    });
  });
});

describe("flags", () => {
  test("push leaves out, takes in, and does not push with --dry-run", async () => {
    const dry = reference.replace(":v1", ":dry");
    expect(await json("push", "--dry-run", "--exclude", "*.yaml", dry, site)).toMatchObject({
      status: "dry-run",
      files: 4,
    });
    expect(await runBlob(["ls", dry])).toMatchObject({ code: 4 });
    expect(await json("push", "--include", "css/", "--exclude", "print.css", dry, site)).toMatchObject({
      files: 1,
    });
    expect((await runBlob(["ls", "-R", dry])).stdout).toBe("css/\ncss/site.css\n");
  });

  test("reproducible archives are equal at any time", async () => {
    const digestOf = async (name: string): Promise<unknown> =>
      ((await json("create", "--reproducible", site, path.join(directory, name))) as { index: unknown })
        .index;
    const first = await digestOf("same-1");
    await utimes(path.join(site, "index.html"), 1, 1);
    expect(await digestOf("same-2")).toEqual(first);
    const epoch = await runBlob(["create", "--reproducible", site, path.join(directory, "x")], {
      env: { SOURCE_DATE_EPOCH: "tomorrow" },
    });
    expect(epoch.code).toBe(2);
  });

  test("cat --range writes these bytes", async () => {
    const range = async (text: string): Promise<string> =>
      (await runBlob(["cat", "--range", text, reference, "index.html"])).stdout;
    expect(await range("4-8")).toBe("hello");
    expect(await range("9-")).toBe("</h1>");
    expect(await range("0-9999")).toBe("<h1>hello</h1>");
    expect(await range("99-")).toBe("");
    expect(await runBlob(["cat", "--range", "8-4", reference, "index.html"])).toMatchObject({ code: 2 });
  });

  test("ls sorts", async () => {
    const names = async (...argv: string[]): Promise<string> =>
      (await runBlob(["ls", ...argv, reference])).stdout.trim().replaceAll("\n", " ");
    expect(await names("--sort", "size")).toBe("config/ css/ empty.txt index.html");
    expect(await names("--sort", "size", "-r")).toBe("index.html empty.txt css/ config/");
    expect(await names("-r")).toBe("index.html empty.txt css/ config/");
  });

  test("pull --strict ends with 6 when something was left alone", async () => {
    const out = path.join(directory, "strict");
    expect(await runBlob(["pull", "--strict", reference, out])).toMatchObject({ code: 0 });
    const again = await runBlob(["pull", "--strict", "--workers", "1", reference, out]);
    expect(again.code).toBe(6);
    expect(again.stderr).toMatch(/^error\[Incomplete\]: --strict: 6 files/mu);
    expect((await runBlob(["cp", "--strict", `${reference}:/css`, out])).code).toBe(6);
  });

  test.each([
    [["ls", "confg"], "config"],
    [["cat", "css/sitecss"], "css/site.css"],
    [["cat", "site.css"], "css/site.css"],
    [["tree", "cs"], "css"],
  ])("%j: did you mean %s?", async ([name = "", wrong = ""], right) => {
    const { code, stderr } = await runBlob([name, reference, wrong]);
    expect(code).toBe(4);
    expect(stderr).toMatch(new RegExp(`^error\\[NotFound\\]: .*\nhint: did you mean ${right}\\?\n$`, "u"));
  });
});
