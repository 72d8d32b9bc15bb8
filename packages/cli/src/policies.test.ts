import { generateKeyPairSync } from "node:crypto";
import { symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Ran } from "./testing/run-blob.js";
import { runBlob } from "./testing/run-blob.js";
import { checkSchema } from "./testing/script.js";

let registry: TestRegistry;
let directory: TemporaryDirectory;
let signed: string;
let unsigned: string;
const at = (name: string): string => path.join(directory.path, name);

beforeAll(async () => {
  [registry, directory] = await Promise.all([startTestRegistry(), createTemporaryDirectory()]);
  await writeTree(at("site"), { "a.txt": "a\n" });
  for (const name of ["release", "other"]) {
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const privateKey = pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
    const publicKey = pair.publicKey.export({ format: "pem", type: "spki" }).toString();
    await writeTree(directory.path, {
      [`${name}.key`]: privateKey,
      [`home/.config/blob/${name}.pub`]: publicKey,
    });
    await writeTree(directory.path, {
      [`${name}.yaml`]: `signature: {key: {path: home/.config/blob/${name}.pub}}\n`,
    });
  }
  signed = `${registry.host}/acme/signed:v1`;
  unsigned = `${registry.host}/acme/unsigned:v1`;
  await configure("{}");
  await blob("push", signed, at("site"), "--sign", "--key", at("release.key"), "--no-log");
  await blob("push", unsigned, at("site"));
});
afterAll(async () => {
  await Promise.all([registry.close(), directory.remove()]);
});

function configure(text: string): Promise<void> {
  return writeFile(at("home/.config/blob/config.yaml"), text);
}

function blob(...argv: readonly string[]): Promise<Ran> {
  return runBlob([...argv, "--plain-http"], { homeDirectory: at("home") });
}

describe("configured policies", () => {
  beforeEach(async () => {
    await configure(
      `policies:\n  - match: .*/acme/.*\n    policy:\n      signature:\n        key: {path: release.pub}\naliases:\n  u: ${unsigned}\n`,
    );
  });

  test.each([
    ["ls", "REF"],
    ["tree", "REF"],
    ["cat", "REF", "a.txt"],
    ["inspect", "REF"],
    ["cp", "REF:/a.txt", "OUT"],
    ["pull", "REF", "OUT"],
    ["pull", "--sync", "REF", "OUT"],
    ["copy", "REF", "COPY"],
    ["diff", "REF", "SITE"],
    ["status", "REF", "SITE"],
    ["verify", "REF"],
  ])("%s %s: nothing is read of what the policy refuses, and all of what it accepts", async (...line) => {
    const out = at(`out-${line.join("-").replaceAll(/\W/gu, "_")}`);
    const argv = (reference: string): string[] =>
      line.map((word) =>
        word
          .replace("REF", reference)
          .replace("OUT", out)
          .replace("COPY", `oci:${out}:v1`)
          .replace("SITE", at("site")),
      );
    registry.requests.splice(0);
    const refused = await blob(...argv(unsigned));
    expect(refused.code, refused.stderr).toBe(5);
    expect(refused.stderr).toMatch(/^error\[PolicyViolation\]: /u);
    // No blob at all: neither index nor data.
    expect(registry.requests.filter(({ path: asked }) => asked.includes("/blobs/"))).toEqual([]);
    const accepted = await blob(...argv(signed));
    expect(accepted.code, accepted.stderr).toBe(0);
  });

  test("an alias does not lead around a policy, and neither does leaving the tag out", async () => {
    expect(await blob("ls", "u")).toMatchObject({ code: 5 });
    await configure(
      `policies:\n  - match: .*/acme/unsigned:latest\n    policy: {signature: {key: {path: release.pub}}}\n`,
    );
    await blob("tag", "--no-default-policy", unsigned, unsigned.replace(":v1", ":latest"));
    expect(await blob("ls", unsigned.replace(/:v1$/u, ""))).toMatchObject({ code: 5 });
    expect(await blob("ls", unsigned)).toMatchObject({ code: 0 });
  });

  test("all that match have to hold", async () => {
    await configure(
      `policies:\n  - match: .*\n    policy: {signature: {key: {path: release.pub}}}\n  - match: .*signed.*\n    policy: {signature: {key: {path: other.pub}}}\n`,
    );
    expect(await blob("ls", signed)).toMatchObject({ code: 5 });
  });

  test("--no-default-policy leaves them out, --policy adds others", async () => {
    expect(await blob("pull", "--no-default-policy", unsigned, at("p1"))).toMatchObject({ code: 0 });
    const other = await blob("pull", "--policy", at("other.yaml"), signed, at("p2"));
    expect(other.code).toBe(5);
    const json = await blob("pull", "--policy", at("release.yaml"), signed, at("p3"), "--output", "json");
    expect(JSON.parse(json.stdout)).toMatchObject({ verified: true, policies_applied: 2 });
    expect(await blob("verify", "--no-default-policy", signed)).toMatchObject({ code: 2 });
    expect(await blob("verify", "--no-default-policy", "--policy", at("release.yaml"), signed)).toMatchObject(
      { code: 0 },
    );
  });
});

describe("verify and inspect say which rules applied", () => {
  const fingerprint = /^signed with the key \S+$/u;

  test("each with its expression, its policy and its place", async () => {
    await configure(
      `policies:\n  - match: /acme/signed\n    policy: {signature: {key: {path: release.pub}}}\n  - match: "^oci:"\n    policy: {signature: {key: {path: other.pub}}}\n  - match: ":v1$"\n    policy: {signature: {key: {path: release.pub}}}\n`,
    );
    for (const command of ["verify", "inspect"]) {
      const json = await blob(command, signed, "--output", "json");
      await checkSchema(command, json.stdout, command);
      const rule = (match: string, line: number): object => ({
        match,
        policy: expect.stringMatching(fingerprint) as string,
        place: `${at("home/.config/blob/config.yaml")}:${String(line)}`,
      });
      expect(JSON.parse(json.stdout)).toMatchObject({ rules: [rule("/acme/signed", 2), rule(":v1$", 6)] });
      const { stdout } = await blob(command, signed);
      expect(stdout).toMatch(/^Rule: +\/acme\/signed: signed with the key .* \(.*config\.yaml:2\)$/mu);
      expect(stdout).toMatch(/^Rule: +:v1\$: /mu);
      expect(stdout).not.toContain("^oci:");
    }
  });

  test("or that none did", async () => {
    await configure("{}\n");
    const layout = `file:${at("created")}`;
    await blob("create", at("site"), at("created"));
    for (const line of [
      ["inspect", unsigned],
      ["inspect", layout],
      ["verify", signed, "--policy", at("release.yaml")],
      ["verify", signed, "--policy", at("release.yaml"), "--no-default-policy"],
    ]) {
      const json = await blob(...line, "--output", "json");
      expect(json.code, json.stderr).toBe(0);
      expect(JSON.parse(json.stdout)).toMatchObject({ rules: [] });
      expect((await blob(...line)).stdout).toMatch(/^Rules: +none of the configuration$/mu);
    }
  });

  test("also when they refuse", async () => {
    await configure("policies: [{match: unsigned, policy: {signature: {key: {path: release.pub}}}}]\n");
    const json = await blob("verify", unsigned, "--output", "json");
    expect(json.code).toBe(5);
    expect(JSON.parse(json.stdout)).toMatchObject({ verified: false, rules: [{ match: "unsigned" }] });
  });
});

describe("nothing that policies refuse gets a new tag", () => {
  const layout = (name: string): string => `oci:${at(name)}:v1`;
  const ruleFor = (match: string): Promise<void> =>
    configure(`policies: [{match: '${match}', policy: {signature: {key: {path: release.pub}}}}]\n`);
  const tagOf = (reference: string): string => reference.replace(/:v1$/u, ":released");
  /** Reads without policies: there is a tag, or there is none. */
  const isThere = async (reference: string): Promise<boolean> =>
    (await blob("pull", "--no-default-policy", "--overwrite", reference, at("there"))).code === 0;

  test("by tag: rules about the source and about the new reference hold", async () => {
    const tagged = tagOf(unsigned);
    for (const match of ["/acme/unsigned:v1$", "/acme/unsigned:released$"]) {
      await ruleFor(match);
      const refused = await blob("tag", unsigned, tagged);
      expect(refused, match).toMatchObject({ code: 5 });
      expect(refused.stderr).toContain("error[PolicyViolation]: ");
      expect(await isThere(tagged)).toBe(false);
    }
    await ruleFor("/acme/");
    expect(await blob("tag", signed, tagOf(signed))).toMatchObject({ code: 0 });
    expect(await blob("tag", "--no-default-policy", unsigned, tagged)).toMatchObject({ code: 0 });
    expect(await isThere(tagged)).toBe(true);
  });

  test("by copy: so do rules about the destination, and about its further tags", async () => {
    const to = layout("copied");
    for (const match of ["/acme/unsigned", "^oci:.*/copied:v1$", "^oci:.*/copied:released$"]) {
      await ruleFor(match);
      expect(await blob("copy", unsigned, to, "--tag", "released"), match).toMatchObject({ code: 5 });
      expect(await isThere(to)).toBe(false);
    }
    const elsewhere = `${registry.host}/elsewhere/copied:v1`;
    await ruleFor("/elsewhere/copied:released$");
    expect(await blob("copy", unsigned, elsewhere, "--tag", "released")).toMatchObject({ code: 5 });
    expect(await blob("copy", unsigned, elsewhere)).toMatchObject({ code: 0 });
    await ruleFor("acme|copied");
    expect(await blob("copy", signed, to, "--tag", "released")).toMatchObject({ code: 0 });
    expect(await blob("copy", "--no-default-policy", unsigned, layout("copied-too"))).toMatchObject({
      code: 0,
    });
  });

  test("but what is not signed yet can be pushed and signed, which changes no tag", async () => {
    await ruleFor("/acme/late");
    const late = `${registry.host}/acme/late:v1`;
    expect(await blob("push", late, at("site"))).toMatchObject({ code: 0 });
    expect(await blob("ls", late)).toMatchObject({ code: 5 });
    const sign = ["sign", late, "--key", at("release.key"), "--no-log"];
    expect(await blob(...sign)).toMatchObject({ code: 0 });
    expect(await blob("ls", late)).toMatchObject({ code: 0 });
  });
});

describe("policy_default: refuse", () => {
  const isRefused = (ran: Ran): void => {
    expect(ran).toMatchObject({ code: 5, stdout: "" });
    expect(ran.stderr).toMatch(/^error\[NoRule\]: .* policy_default is refuse\nhint: .*--no-default-policy/u);
  };

  test("what no rule is about is not read, by any command; what a rule is about is", async () => {
    await configure(
      `policy_default: refuse\npolicies: [{match: /acme/signed, policy: {signature: {key: {path: release.pub}}}}]\naliases: {u: ${unsigned}}\n`,
    );
    registry.requests.splice(0);
    for (const line of [
      ["ls", unsigned],
      ["tree", "u"],
      ["cat", unsigned, "a.txt"],
      ["inspect", unsigned],
      ["cp", `${unsigned}:/a.txt`, at("cp-out")],
      ["pull", unsigned, at("pull-out")],
      ["pull", "--policy", at("release.yaml"), unsigned, at("pull-out")],
      ["verify", "--policy", at("release.yaml"), unsigned],
      ["copy", unsigned, `oci:${at("copy-out")}:v1`],
      ["tag", unsigned, `${unsigned}-new`],
      ["diff", signed, unsigned],
      ["ls", `file:${at("site")}`],
    ]) {
      if (line[0] !== "diff") isRefused(await blob(...line));
      else expect(await blob(...line)).toMatchObject({ code: 5, stdout: "" });
    }
    expect(registry.requests.filter(({ path: asked }) => asked.includes("/acme/unsigned/"))).toEqual([]);
    expect(await blob("ls", signed)).toMatchObject({ code: 0 });
    expect(await blob("pull", "--no-default-policy", unsigned, at("once"))).toMatchObject({ code: 0 });
  });

  test("without any rule nothing is read, and the setting is shown and set like others", async () => {
    await configure("{}\n");
    expect((await blob("config", "get", "policy_default")).stdout).toBe("allow\n");
    expect(await blob("config", "set", "policy_default", "deny")).toMatchObject({ code: 2 });
    expect(await blob("config", "set", "policy_default", "refuse")).toMatchObject({ code: 0 });
    expect((await blob("config", "show")).stdout).toMatch(/^policy_default: refuse +# .*config\.yaml$/mu);
    isRefused(await blob("ls", signed));
  });
});

describe("another spelling does not lead past a rule", () => {
  test("of a layout: links, dots, line breaks, and aliases that look like its prefix", async () => {
    await configure("{}\n");
    const layout = `oci:${at("store")}:v1`;
    expect(await blob("push", layout, at("site"))).toMatchObject({ code: 0 });
    await symlink("store", at("other-store"));
    await configure(
      `policies: [{match: '/store:v1$', policy: {signature: {key: {path: release.pub}}}}]\naliases: {s: "${layout}", oci: example.com/x}\n`,
    );
    const relative = path.relative(process.cwd(), at("store"));
    for (const reference of [
      layout,
      "s",
      `oci:${at("other-store")}:v1`,
      `oci:${at("store")}/.:v1`,
      `oci:${at("site")}/../store/:v1`,
      `oci:./${relative}:v1`,
    ]) {
      expect(await blob("ls", reference), reference).toMatchObject({ code: 5 });
    }
    expect(await blob("ls", `oci:${at("store")}\n/../store:v1`)).toMatchObject({ code: 2, stdout: "" });
  });

  test("of a registry: letters, numbers and dots of the host", async () => {
    await configure(
      `policies: [{match: '^127\\.0\\.0\\.1:[0-9]+/acme/', policy: {signature: {key: {path: release.pub}}}}]\n`,
    );
    const port = registry.host.slice(registry.host.lastIndexOf(":"));
    for (const host of [
      "127.0.0.1",
      "127.1",
      "0X7F.1",
      "127.0.0.1.",
      "[::ffff:127.0.0.1]",
      "[::FFFF:7f00:1]",
    ]) {
      expect(await blob("ls", `${host}${port}/acme/unsigned:v1`), host).toMatchObject({ code: 5 });
    }
  });
});

test.each([
  ["an unknown key", "policies:\n  - match: .*\n    policy: {signatur: {}}\n", /config\.yaml:\d+/u],
  ["an empty policy", "policies:\n  - match: .*\n    policy: {}\n", /config\.yaml:\d+/u],
  [
    "a key that is not there",
    "policies:\n  - match: .*\n    policy: {signature: {key: {path: gone.pub}}}\n",
    /gone\.pub/u,
  ],
])("%s is an error with its place, and nothing is read", async (_name, text, message) => {
  await configure(text);
  registry.requests.splice(0);
  const { code, stderr } = await blob("ls", signed);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(message);
  expect(registry.requests).toEqual([]);
});
