import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ran } from "./testing/run-blob.js";
import { runBlob } from "./testing/run-blob.js";
import { checkSchema } from "./testing/script.js";

let directory: TemporaryDirectory;
const file = (): string => path.join(directory.path, ".config/blob/config.yaml");

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await writeTree(directory.path, {
    ".config/blob/release.pub": publicKey.export({ format: "pem", type: "spki" }).toString(),
  });
});
afterAll(() => directory.remove());

const key = (name: string): string => `policy: {signature: {key: {path: ${name}}}}`;

/** What `config check` says of a configuration, in both ways. */
async function check(
  text: string,
  ...reference: readonly string[]
): Promise<Ran & { readonly json: unknown }> {
  await writeFile(file(), text);
  const run = (...flags: readonly string[]): Promise<Ran> =>
    runBlob(["config", "check", ...reference, ...flags], { homeDirectory: directory.path });
  const [inText, inJson] = [await run(), await run("--output", "json")];
  expect(inJson.code).toBe(inText.code);
  await checkSchema("config-check", inJson.stdout, "config-check");
  return { ...inText, json: JSON.parse(inJson.stdout) as unknown };
}

describe("config check", () => {
  test("has nothing to say where there are no rules", async () => {
    const { code, stdout, json } = await check("{}\n");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `Rules:     0 in ${file()}, policy_default is allow\n`,
    });
    expect(json).toEqual({ path: file(), exists: true, policy_default: "allow", rules: [] });
  });

  test("says which rules are good, and warns of those that fit nothing", async () => {
    const { code, stdout, json } = await check(
      `policies:\n  - match: '^ghcr\\.io/acme/'\n    ${key("release.pub")}\n  - match: '^GHCR\\.io/acme/'\n    ${key("release.pub")}\n`,
    );
    expect(code).toBe(0);
    expect(json).toMatchObject({
      rules: [
        { match: String.raw`^ghcr\.io/acme/`, status: "ok", place: `${file()}:2` },
        { match: String.raw`^GHCR\.io/acme/`, status: "warning", place: `${file()}:4` },
      ].map((rule) => ({ ...rule, policy: expect.stringMatching(/^signed with the key /u) as string })),
    });
    expect(stdout).toMatch(
      /^ok +\^ghcr\\\.io\/acme\/: signed with .*:2\)\nwarning +\^GHCR\\\.io\/acme\/: .*:4\)\n +no /mu,
    );
  });

  test("does not warn of what fits an alias, or what it stands for", async () => {
    const aliases = "aliases: {site: GHCR.io/acme/site:v1}\n";
    for (const match of ["^site$", "^GHCR.io/acme"]) {
      const rule = `policies: [{match: '${match}', ${key("release.pub")}}]\n`;
      expect((await check(aliases + rule)).json).toMatchObject({ rules: [{ status: "ok" }] });
      expect((await check(rule)).json).toMatchObject({ rules: [{ status: "warning" }] });
    }
  });

  test.each([
    ["an expression that is none", `{match: '(', ${key("release.pub")}}`, "is not a regular expression"],
    ["a policy with an unknown key", "{match: a, policy: {signatur: {}}}", "unknown key"],
    ["an empty policy", "{match: a, policy: {}}", "a policy needs"],
    [
      "an identity that anybody has",
      "{match: a, policy: {signature: {keyless: {issuer: 'https://*', identity: '*'}}}}",
      "anybody",
    ],
    ["a key that is not there", `{match: a, ${key("gone.pub")}}`, "gone.pub"],
    ["a key that is none", `{match: a, ${key("config.yaml")}}`, "config.yaml"],
  ])("ends with 2 for %s, and says where and why", async (_name, rule, why) => {
    const good = `{match: good, ${key("release.pub")}}`;
    const { code, stdout, stderr, json } = await check(`policies:\n- ${good}\n- ${rule}\n`);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error\[InvalidConfig\]: .*config\.yaml: 1 of 2 rules are broken: .*config\.yaml:3/u,
    );
    expect(stdout).toMatch(/^broken +/mu);
    expect(json).toMatchObject({
      rules: [{ status: "ok" }, { status: "broken", problem: expect.stringContaining(why) as string }],
    });
  });

  test("ends with 2 for a file that cannot be read, as every command does", async () => {
    await writeFile(file(), "policies: [{match: a}]\n");
    const { code, stderr } = await runBlob(["config", "check"], { homeDirectory: directory.path });
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("config.yaml:1") as string,
    });
  });
});

describe("config check REF", () => {
  const rules = `policies:\n  - match: '^ghcr\\.io/acme/'\n    ${key("release.pub")}\n  - match: ':v1$'\n    ${key("release.pub")}\naliases: {site: ghcr.io/acme/site:v2}\n`;

  test("says which rules a reference meets, whatever its spelling", async () => {
    const { stdout, json } = await check(rules, "GHCR.io:443/acme/site:v1");
    expect(json).toMatchObject({
      ref: "GHCR.io:443/acme/site:v1",
      canonical_ref: "ghcr.io/acme/site:v1",
      met: [{ match: String.raw`^ghcr\.io/acme/` }, { match: ":v1$" }],
      outcome: "policies",
    });
    expect(stdout).toMatch(
      /^Reference: ghcr\.io\/acme\/site:v1\nmeets +\^ghcr.*:2\)\nmeets +:v1\$ .*:4\)\n +it is read when all/mu,
    );
    expect((await check(rules, "site")).json).toMatchObject({
      met: [{ match: String.raw`^ghcr\.io/acme/` }],
    });
  });

  test("says what becomes of a reference that meets none", async () => {
    const allowed = await check(rules, "quay.io/acme/site:v2");
    expect(allowed.json).toMatchObject({ met: [], outcome: "allowed", policy_default: "allow" });
    expect(allowed.stdout).toContain(
      "meets no rule, and policy_default is allow: it is read, whoever made it",
    );
    const refused = await check(`policy_default: refuse\n${rules}`, "quay.io/acme/site:v2");
    expect(refused.json).toMatchObject({ met: [], outcome: "refused", policy_default: "refuse" });
    expect(refused.stdout).toContain("meets no rule, and policy_default is refuse: it is not read");
    expect((await check("policy_default: refuse\n", "a.io/b:v1")).json).toMatchObject({ outcome: "refused" });
    expect([allowed.code, refused.code]).toEqual([0, 0]);
  });

  test("says that a local archive which meets a rule is not read", async () => {
    const text = `policies: [{match: '^file:', ${key("release.pub")}}]\n`;
    const { code, json } = await check(text, `file:${directory.path}`);
    expect({ code, json }).toMatchObject({
      code: 0,
      json: { met: [{ match: "^file:" }], outcome: "refused" },
    });
  });

  test("says that nothing is read because of a rule that is broken", async () => {
    const bad = `- {match: '(', ${key("release.pub")}}\n- {match: acme, ${key("gone.pub")}}\n`;
    expect(await check(`policies:\n${bad}`, "quay.io/x/y:v1")).toMatchObject({
      code: 2,
      json: { outcome: "refused" },
    });
    const gone = `policies:\n- {match: acme, ${key("gone.pub")}}\n`;
    expect(await check(gone, "quay.io/acme/y:v1")).toMatchObject({ code: 2, json: { outcome: "refused" } });
    expect(await check(gone, "quay.io/x/y:v1")).toMatchObject({ code: 2, json: { outcome: "allowed" } });
  });

  test("says which rule takes too long to decide", async () => {
    const slow = `policies: [{match: '^(a+)+b', ${key("release.pub")}}]\n`;
    const { code, json } = await check(slow, `${"a".repeat(60)}.example/x:v1`);
    const problem = expect.stringContaining("takes too long") as string;
    expect({ code, json }).toMatchObject({
      code: 2,
      json: { rules: [{ status: "broken", problem }], outcome: "refused" },
    });
  }, 60_000);

  test("is a usage error for what is no reference, and asks no network", async () => {
    await writeFile(file(), rules);
    const { code, stderr } = await runBlob(["config", "check", "https://ghcr.io/x"], {
      homeDirectory: directory.path,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error\[InvalidReference\]: /u);
  });

  test("completes aliases, and its help says what it warns of", async () => {
    await writeFile(file(), rules);
    const options = { homeDirectory: directory.path };
    expect((await runBlob(["complete", "--", "config", "check", "s"], options)).stdout).toContain("site");
    expect((await runBlob(["complete", "--", "config", "c"], options)).stdout).toContain("check");
    const { stdout } = await runBlob(["config", "check", "--help"], options);
    expect(stdout).toContain("Ends with 2 when a rule is broken");
    expect(stdout).toContain(String.raw`^docker\.io/acme/site`);
  });
});
