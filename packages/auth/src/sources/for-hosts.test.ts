import { expect, test } from "vitest";
import { defaultCredentials } from "./default-credentials.js";
import { environmentCredentials } from "./environment-credentials.js";
import type { CredentialSource } from "../credential.js";
import { forHosts } from "./for-hosts.js";
import { staticCredential, staticToken } from "./static-credentials.js";

const token = { BLOB_TOKEN: "t0ken" };
const everybody: CredentialSource = async () => ({
  credential: { kind: "bearer", token: "t0ken" },
  source: "test",
});

async function hostsThatGetIt(source: CredentialSource, hosts: readonly string[]): Promise<string[]> {
  const found = await Promise.all(hosts.map(async (host) => ((await source({ host })) ? [host] : [])));
  return found.flat();
}

const asking = [
  "ghcr.io",
  "ghcr.io:443",
  "ghcr.io.evil.example",
  "evil.example",
  "mirror.example:5000",
  "mirror.example",
  "docker.io",
  "auth.docker.io",
];

test.each([
  [["ghcr.io"], ["ghcr.io"]],
  [["GHCR.io"], ["ghcr.io"]],
  [["https://ghcr.io/v2/"], ["ghcr.io"]],
  [["mirror.example:5000"], ["mirror.example:5000"]],
  [["registry-1.docker.io"], ["docker.io"]],
  [
    ["evil.example", "docker.io"],
    ["evil.example", "docker.io"],
  ],
  [[], []],
])("what is for %j goes to %j of all that ask, however it is given", async (hosts, expected) => {
  for (const source of [
    environmentCredentials(token, { hosts }),
    environmentCredentials({ BLOB_USERNAME: "ann", BLOB_PASSWORD: "secret" }, { hosts }),
    defaultCredentials({ env: token, homeDirectory: false, hosts }),
    forHosts(hosts, everybody),
    forHosts(() => hosts, everybody),
  ]) {
    expect(await hostsThatGetIt(source, asking)).toEqual(expected);
  }
});

test("a function says anew at each look-up for which registries it is", async () => {
  const named: string[] = [];
  const source = forHosts(() => named, everybody);
  expect(await source({ host: "ghcr.io" })).toBeUndefined();
  named.push("ghcr.io");
  expect(await source({ host: "ghcr.io" })).toMatchObject({ source: "test" });
});

test("half a credential in the environment is no error of registries that it is not for", async () => {
  const source = environmentCredentials({ BLOB_PASSWORD: "secret" }, { hosts: ["ghcr.io"] });
  expect(await source({ host: "evil.example" })).toBeUndefined();
});

test("without hosts the environment is for nobody, and that is said once", async () => {
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message);
  const source = defaultCredentials({ env: token, homeDirectory: "/nonexistent", onWarning });
  expect(await hostsThatGetIt(source, asking)).toEqual([]);
  expect(warnings).toEqual([expect.stringMatching(/^BLOB_TOKEN is not used: .*hosts/u)]);
});

test.each(["", "ghcr.io/acme", "https://", "*.example.com", "ann@ghcr.io", "ghcr.io evil.example"])(
  "%j is no host that a credential could be for",
  async (host) => {
    const invalid = expect.objectContaining({ code: "InvalidCredential" }) as Error;
    expect(() => forHosts([host], everybody)).toThrow(invalid);
    expect(() => environmentCredentials({}, { hosts: [host] })).toThrow(invalid);
    expect(() => staticToken({ host, token: "t" })).toThrow(invalid);
    expect(() => staticCredential({ host, username: "ann", password: "secret" })).toThrow(invalid);
    await expect(forHosts(() => [host], everybody)({ host: "ghcr.io" })).rejects.toThrow(invalid);
  },
);
