import { generateKeyPairSync } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { policyFromContent } from "@blob/sigstore-policy";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { matchingRules } from "./config/match-reference.js";
import { parseConfig } from "./config/parse-config.js";
import { runBlob } from "./testing/run-blob.js";

/** What the READMEs show is what people start from: all of it has to load, and to protect what it says it does. */
const readmes = ["README.md", "packages/cli/README.md", "packages/sigstore-policy/README.md"];

interface Block {
  readonly readme: string;
  readonly text: string;
}

async function blocksOf(readme: string): Promise<readonly Block[]> {
  const file = fileURLToPath(new URL(`../../../${readme}`, import.meta.url));
  const found = (await readFile(file, "utf8")).matchAll(/^```ya?ml\n(?<text>[^]*?)^```$/gmu);
  return [...found].map(({ groups }) => ({ readme, text: groups?.["text"] ?? "" }));
}

const blocks = (await Promise.all(readmes.map(blocksOf))).flat();
const isConfiguration = ({ text }: Block): boolean => /^(?:policies|aliases|registries):/mu.test(text);
const configurations = blocks.filter(isConfiguration);
/** What Kubernetes mounts. */
const isVolume = ({ text }: Block): boolean => /^volumes:/mu.test(text);
const policyFiles = blocks.filter((block) => !isConfiguration(block) && !isVolume(block));

let directory: TemporaryDirectory;
const at = (name: string): string => path.join(directory.path, name);

beforeEach(async () => {
  directory = await createTemporaryDirectory();
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await writeTree(directory.path, {
    "release.pub": publicKey.export({ format: "pem", type: "spki" }).toString(),
    "release.key": privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    "site/a.txt": "a\n",
  });
});
afterEach(() => directory.remove());

const trustedRoot = { name: "none", load: () => Promise.reject(new Error("no trusted root is needed")) };

test("there are some of both kinds", () => {
  expect(configurations.map(({ readme }) => readme)).toContain("packages/cli/README.md");
  expect(policyFiles.map(({ readme }) => readme)).toContain("packages/sigstore-policy/README.md");
});

test.each(policyFiles)("a policy file of $readme makes a policy", async ({ text }) => {
  const made = policyFromContent(parse(text), {
    file: "policy.yaml",
    directory: directory.path,
    trustedRoot,
  });
  expect((await made).name).not.toBe("");
});

test.each(configurations)(
  "a configuration of $readme loads, and each of its rules fits something",
  async (block) => {
    const { policies = [], aliases } = parseConfig(block.text, "config.yaml");
    for (const rule of policies) {
      const fitted = [
        "ghcr.io/acme/site",
        "ghcr.io/acme/site:v2",
        "oci:./layout:v1",
        ...Object.keys(aliases ?? {}),
      ].filter((reference) => matchingRules([rule], reference, aliases).length > 0);
      expect(fitted, rule.match).not.toEqual([]);
      const options = { file: rule.place, directory: directory.path, trustedRoot };
      expect((await policyFromContent(rule.policy, options)).name).not.toBe("");
    }
  },
);

test("the configuration of the command's README keeps layouts that nobody signed from being read", async () => {
  const text = configurations.find(({ readme }) => readme === "packages/cli/README.md")?.text ?? "";
  await writeFile(at("config.yaml"), text);
  const blob = (...argv: readonly string[]): ReturnType<typeof runBlob> =>
    runBlob(["--config", at("config.yaml"), ...argv]);
  const [unsigned, signed] = [`oci:${at("layout")}:unsigned`, `oci:${at("layout")}:signed`];
  expect(await blob("push", unsigned, at("site"))).toMatchObject({ code: 0 });
  expect(await blob("cat", unsigned, "a.txt")).toMatchObject({ code: 5, stdout: "" });
  const sign = ["--sign", "--key", at("release.key"), "--no-log"];
  expect(await blob("push", signed, at("site"), "--reproducible", ...sign)).toMatchObject({ code: 0 });
  expect(await blob("cat", signed, "a.txt")).toMatchObject({ code: 0, stdout: "a\n" });
});
