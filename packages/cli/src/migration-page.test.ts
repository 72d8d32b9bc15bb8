import { mkdir, readFile, writeFile } from "node:fs/promises";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runBlob } from "./testing/run-blob.js";

/** A row of the migration page, and what shows that it is true. */
interface Row {
  readonly kind: string;
  readonly go: string;
  readonly ours: string;
  /** Why it is another way. */
  readonly why?: string;
  readonly try: {
    readonly argv: readonly string[];
    readonly code: number;
    readonly stdout?: string;
    readonly stderr?: string;
    /** The text of the configuration file. */
    readonly config?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** A file below the row's own directory. */
    readonly exists?: string;
  };
}

const page = path.join(import.meta.dirname, "../../../docs/from-the-go-command.md");
const rows = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "../fixtures/go-command-rows.json"), "utf8"),
) as readonly Row[];

let temporary: TemporaryDirectory;
const at = (...names: readonly string[]): string => path.join(temporary.path, ...names);

beforeAll(async () => {
  temporary = await createTemporaryDirectory();
  await writeTree(at("site"), {
    "README.md": "# A sample\n",
    "config/app.yaml": "name: sample\n",
    "index.html": "<p>",
  });
  const { generateKeyPair } = await import("@blob/sigstore-policy");
  await writeFile(at("release.pub"), (await generateKeyPair({ password: "of a test" })).publicKey);
  expect(await runBlob(["push", `oci:${at("layout")}:v1`, at("site")])).toMatchObject({ code: 0 });
});
afterAll(() => temporary.remove());

/** A line of a table of the page. Bars within a cell are escaped, as Markdown wants it. */
function line({ go, ours, why = "" }: Row): string {
  return `| ${[go, ours, why].map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
}

describe("the migration page", () => {
  test("has every row, and no other", async () => {
    const text = await readFile(page, "utf8");
    const cells = (row: string): string => row.replace(/\s+/gu, " ").trim();
    const found = text
      .split("\n")
      .filter((one) => one.startsWith("|") && !/^\| *(?:-|Go command)/u.test(one))
      .map(cells);
    expect(found).toEqual(rows.map((row) => cells(line(row))));
  });

  test.each(rows.map((row, index) => ({ ...row, index })))("$kind: $go", async (row) => {
    const directory = at(`row-${String(row.index)}`);
    await mkdir(directory);
    const variables: Readonly<Record<string, string>> = {
      REF: `oci:${at("layout")}:v1`,
      NEW: `oci:${path.join(directory, "layout")}:v1`,
      SRC: at("site"),
      KEY: at("release.pub"),
      OUT: path.join(directory, "out"),
      CONFIG: path.join(directory, "config.yaml"),
    };
    const filled = (text: string): string =>
      text.replace(/\$([A-Z]+)/gu, (_, name: string) => variables[name] ?? "");
    const { argv, code, stdout = "", stderr = "", config, env = {}, exists } = row.try;
    if (config !== undefined) await writeFile(path.join(directory, "config.yaml"), filled(config));
    else if (argv.includes("$CONFIG")) await writeFile(path.join(directory, "config.yaml"), "");
    const ran = await runBlob(argv.map(filled), {
      env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)])),
      homeDirectory: directory,
    });
    expect(ran).toMatchObject({ code });
    expect(ran.stdout).toMatch(stdout === "^$" ? /^$/u : new RegExp(stdout, "mu"));
    expect(ran.stderr).toMatch(new RegExp(stderr, "mu"));
    if (exists !== undefined) expect(existsSync(path.join(directory, "out", exists))).toBe(true);
  });
});
