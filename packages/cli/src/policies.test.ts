import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Ran } from "./testing/run-blob.js";
import { runBlob } from "./testing/run-blob.js";

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
    await blob("tag", unsigned, unsigned.replace(":v1", ":latest"));
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
