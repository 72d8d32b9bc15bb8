import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { commandTable, createProgram } from "./command-line.js";
import type { Ran } from "./testing/run-blob.js";
import { runBlob } from "./testing/run-blob.js";

let registry: TestRegistry;
let directory: TemporaryDirectory;
let repositories = 0;
/** A reference of a repository of its own, in which is one archive that nobody signed. */
let unsigned: string;
const at = (name: string): string => path.join(directory.path, name);

beforeAll(async () => {
  [registry, directory] = await Promise.all([startTestRegistry(), createTemporaryDirectory()]);
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await writeTree(directory.path, {
    "site/a.txt": "a\n",
    "predicate.json": '{"tests":"passed"}',
    "release.key": privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    "home/.config/blob/release.pub": publicKey.export({ format: "pem", type: "spki" }).toString(),
    "release.yaml": "signature: {key: {path: home/.config/blob/release.pub}}\n",
  });
});
afterAll(async () => {
  await Promise.all([registry.close(), directory.remove()]);
});

beforeEach(async () => {
  repositories += 1;
  unsigned = `${registry.host}/acme/unsigned-${String(repositories)}:v1`;
  await configure("{}\n");
  expect(await blob("push", unsigned, at("site"))).toMatchObject({ code: 0 });
});

function configure(text: string): Promise<void> {
  return writeFile(at("home/.config/blob/config.yaml"), text);
}

function blob(...argv: readonly string[]): Promise<Ran> {
  return runBlob([...argv, "--plain-http"], { homeDirectory: at("home") });
}

const byKey = (): readonly string[] => ["--key", at("release.key"), "--no-log"];
const attest = (reference: string): readonly string[] => [
  "attest",
  reference,
  "--type",
  "https://acme.example/tests",
  "--predicate",
  at("predicate.json"),
  ...byKey(),
];

async function tagsOf(reference: string): Promise<readonly string[]> {
  return (await blob("tags", reference.replace(/:[^:/]+$/u, ""))).stdout.trimEnd().split("\n");
}

/** What is written into the configuration so that nothing unsigned is read. */
const refusing = {
  "a rule that refuses": "policies: [{match: /acme/, policy: {signature: {key: {path: release.pub}}}}]\n",
  "policy_default: refuse": "policy_default: refuse\n",
} as const;

describe.each(Object.entries(refusing))("under %s", (name, text) => {
  const isRule = name === "a rule that refuses";
  const code = isRule ? "PolicyViolation" : "NoRule";

  beforeEach(() => configure(text));

  test.each([
    ["sign", (): readonly string[] => ["sign", unsigned, ...byKey()]],
    ["attest", (): readonly string[] => attest(unsigned)],
  ])("%s is possible, and gives no tag", async (_verb, line) => {
    const ran = await blob(...line());
    expect(ran.code, ran.stderr).toBe(0);
    expect(await tagsOf(unsigned)).toEqual(["v1"]);
  });

  test("push is possible with all its tags, and what it pushed is not read before somebody signs it", async () => {
    const reference = unsigned.replace(/:v1$/u, ":v2");
    const pushed = await blob("push", reference, at("site"), "--tag", "latest");
    expect(pushed.code, pushed.stderr).toBe(0);
    expect(await tagsOf(unsigned)).toEqual(["latest", "v1", "v2"]);
    for (const tag of ["v1", "v2", "latest"]) {
      const refused = await blob("ls", unsigned.replace(/:v1$/u, `:${tag}`));
      expect(refused).toMatchObject({ code: 5, stdout: "" });
      expect(refused.stderr).toContain(`error[${code}]: `);
    }
    expect(await blob("sign", reference, ...byKey())).toMatchObject({ code: 0 });
    // A signature satisfies a rule; nothing satisfies the absence of one.
    expect(await blob("ls", reference)).toMatchObject({ code: isRule ? 0 : 5 });
  });

  test("an attestation is no signature", async () => {
    expect(await blob(...attest(unsigned))).toMatchObject({ code: 0 });
    expect(await blob("ls", unsigned)).toMatchObject({ code: 5, stdout: "" });
  });

  test("push --sign pushes what is read then", async () => {
    const reference = unsigned.replace(/:v1$/u, ":signed");
    expect(await blob("push", reference, at("site"), "--sign", ...byKey())).toMatchObject({ code: 0 });
    expect(await blob("ls", reference)).toMatchObject({ code: isRule ? 0 : 5 });
  });

  test("verify reports, also with a policy that accepts", async () => {
    expect(await blob("verify", unsigned)).toMatchObject({ code: 5 });
    expect((await blob("verify", unsigned)).stderr).toContain(`error[${code}]: `);
    expect(await blob("sign", unsigned, ...byKey())).toMatchObject({ code: 0 });
    const verify = ["verify", unsigned, "--policy", at("release.yaml")];
    expect(await blob(...verify)).toMatchObject({ code: isRule ? 0 : 5 });
  });

  test.each([
    ["tag", (): readonly string[] => ["tag", unsigned, unsigned.replace(/:v1$/u, ":new")]],
    ["copy", (): readonly string[] => ["copy", unsigned, unsigned.replace(/:v1$/u, "-copy:new")]],
    ["copy to a tag", (): readonly string[] => ["copy", unsigned, unsigned, "--tag", "new"]],
  ])("%s gives no tag, before --no-default-policy says so", async (_verb, line) => {
    const there = line()[2]?.replace(/:[^:/]+$/u, ":new") ?? "";
    const refused = await blob(...line());
    expect(refused).toMatchObject({ code: 5, stdout: "" });
    expect(refused.stderr).toMatch(/^error\[(?:PolicyViolation|NoRule)\]: /u);
    expect(await blob("verify", "--no-default-policy", there, "--policy", at("release.yaml"))).toMatchObject({
      code: 4,
    });
    const done = await blob(...line(), "--no-default-policy");
    expect(done.code, done.stderr).toBe(0);
    expect(await tagsOf(there)).toContain("new");
  });

  test("pull, export and verify leave the configuration out with --no-default-policy, and nothing else", async () => {
    expect(await blob("pull", unsigned, at("refused"))).toMatchObject({ code: 5 });
    const tar = at(`exported-${String(repositories)}.tar`);
    expect(await blob("export", unsigned, "-o", tar)).toMatchObject({ code: 5 });
    expect(await blob("export", "--no-default-policy", unsigned, "-o", tar)).toMatchObject({ code: 0 });
    const out = at(`pulled-${String(repositories)}`);
    expect(await blob("pull", "--no-default-policy", unsigned, out)).toMatchObject({ code: 0 });
    const only = ["--no-default-policy", "--policy", at("release.yaml")];
    expect(await blob("pull", ...only, unsigned, at("refused"))).toMatchObject({ code: 5 });
    expect(await blob("export", ...only, unsigned, "-o", at("refused.tar"))).toMatchObject({ code: 5 });
    expect(await blob("verify", ...only, unsigned)).toMatchObject({ code: 5 });
    expect(await blob("sign", unsigned, ...byKey())).toMatchObject({ code: 0 });
    expect(await blob("verify", ...only, unsigned)).toMatchObject({ code: 0 });
    // Without any policy there is nothing to say: that is no success.
    expect(await blob("verify", "--no-default-policy", unsigned)).toMatchObject({ code: 2 });
  });
});

test("--no-default-policy is a flag of the commands that are tried here", async () => {
  const io = { stdout: process.stdout, stderr: process.stderr } as never;
  const found: string[] = [];
  for (const { name } of commandTable) {
    const { program } = await createProgram([name], io, () => Promise.resolve());
    const command = program.commands.find((one) => one.name() === name);
    if (command?.options.some(({ long }) => long === "--no-default-policy") === true) found.push(name);
  }
  expect(found.toSorted()).toEqual(["copy", "export", "pull", "tag", "verify"]);
});
