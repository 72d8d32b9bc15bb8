import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { CredentialTarget } from "../credential.js";
import { containersAuthCredentials, dockerConfigCredentials } from "./file-credentials.js";
import { knows, writeHelper } from "../testing/helper-program.js";
import { temporaryFolder } from "../testing/temporary-folder.js";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const basic = (username: string, password: string) => ({ kind: "basic", username, password });

/** What a file with this content gives for a target. */
async function find(
  content: unknown,
  target: CredentialTarget | string,
  kind: "docker" | "containers" = "docker",
) {
  const folder = await temporaryFolder({ "config.json": content });
  const warnings: string[] = [];
  const options = {
    file: path.join(folder, "config.json"),
    env: { PATH: folder },
    onWarning: (message: string) => warnings.push(message),
  };
  const source = kind === "docker" ? dockerConfigCredentials(options) : containersAuthCredentials(options);
  const found = await source(typeof target === "string" ? { host: target } : target);
  return { found, warnings, folder };
}

describe("an entry of a file", () => {
  test.each([
    ["user and password", { auth: base64("ann:s3cret") }, basic("ann", "s3cret")],
    ["a password with colons", { auth: base64("ann:a:b:c:") }, basic("ann", "a:b:c:")],
    ["beyond ASCII", { auth: base64("änn:pässwörd") }, basic("änn", "pässwörd")],
    ["a password padded with NUL", { auth: base64("ann:s3cret\0\0") }, basic("ann", "s3cret")],
    ["base64 without padding", { auth: base64("ann:s3cre").replace(/=+$/, "") }, basic("ann", "s3cre")],
    ["base64 with a line end", { auth: `${base64("ann:s3cret")}\n` }, basic("ann", "s3cret")],
    ["an empty password", { auth: base64("ann:") }, basic("ann", "")],
    [
      "an identity token",
      { auth: base64("0000:"), identitytoken: "refresh" },
      { kind: "identity", token: "refresh" },
    ],
    ["a registry token", { registrytoken: "ready" }, { kind: "bearer", token: "ready" }],
    ["the user <token>", { auth: base64("<token>:refresh") }, { kind: "identity", token: "refresh" }],
    ["plain user and password", { username: "ann", password: "s3cret" }, basic("ann", "s3cret")],
    ["nothing, as docker login leaves it beside a helper", {}, undefined],
    ["null", null, undefined],
    ["empty fields", { auth: "", identitytoken: "", username: "" }, undefined],
  ])("with %s", async (_name, entry, credential) => {
    const { found } = await find({ auths: { "ghcr.io": entry } }, "ghcr.io");
    expect(found?.credential).toEqual(credential);
  });

  test.each([
    ["is no object", "x", 'auths["ghcr.io"] is not an object'],
    ["has a number for auth", { auth: 1 }, 'auths["ghcr.io"].auth is not a string'],
    ["is not base64", { auth: "s3cret!!" }, 'auths["ghcr.io"].auth is not the base64 of user:password'],
    ["has no colon", { auth: base64("s3cret") }, 'auths["ghcr.io"].auth is not the base64 of user:password'],
  ])("that %s is an error that names it, for its own registry only", async (_name, entry, problem) => {
    const content = { auths: { "ghcr.io": entry, "quay.io": { auth: base64("ann:s3cret") } } };
    await expect(find(content, "ghcr.io")).rejects.toMatchObject({
      code: "InvalidCredentialsFile",
      file: expect.stringMatching(/config\.json$/),
      message: expect.stringContaining(problem),
    });
    expect((await find(content, "quay.io")).found).toBeDefined();
  });

  test("named like something that every object has", async () => {
    expect((await find({ auths: {} }, "constructor")).found).toBeUndefined();
    const text = `{"auths":{"__proto__":{"auth":"${base64("ann:s3cret")}"}}}`;
    expect((await find(text, "__proto__")).found?.credential).toEqual(basic("ann", "s3cret"));
  });
});

describe("a file", () => {
  test("that does not exist, or in a folder that is none, has nothing", async () => {
    const folder = await temporaryFolder({ file: "" });
    for (const file of ["missing.json", "missing/config.json", "file/config.json"]) {
      expect(
        await dockerConfigCredentials({ file: path.join(folder, file) })({ host: "ghcr.io" }),
      ).toBeUndefined();
    }
  });

  test.each([
    ["empty", ""],
    ["white", "\n"],
    ["an empty object", "{}"],
    ["null members", '{"auths":null,"credsStore":null,"credHelpers":null}'],
    ["other settings only", '{"HttpHeaders":{"a":"b"},"detachKeys":"ctrl-e"}'],
  ])("that is %s has nothing", async (_name, content) => {
    expect((await find(content, "ghcr.io")).found).toBeUndefined();
  });

  const text = JSON.stringify({ auths: { "ghcr.io": { auth: base64("ann:s3cret") } } });
  test.each([
    ["UTF-8 with a byte order mark", Buffer.from(`\u{feff}${text}`)],
    ["UTF-16 as of PowerShell", Buffer.from(`\u{feff}${text}`, "utf16le")],
  ])("may be %s", async (_name, content) => {
    expect((await find(content, "ghcr.io")).found?.credential).toEqual(basic("ann", "s3cret"));
  });

  test.each([
    ['{\n\t"auths": {\n\t\t"ghcr.io": {"auth": "c2VjcmV0" "x"}\n\t}\n}', "line 3, column 34"],
    ["secret", "line 1, column 1"],
    ["[]", "line 1"],
    ['{"auths": []}', "auths is not an object"],
    ['{"credHelpers": 1}', "credHelpers is not an object"],
    ['{"credsStore": {}}', "credsStore is not a string"],
    ['{"credHelpers": {"ghcr.io": 1}}', 'credHelpers["ghcr.io"] is not a string'],
  ])("%j is an error that tells where", async (content, where) => {
    await expect(find(content, "ghcr.io")).rejects.toMatchObject({
      code: "InvalidCredentialsFile",
      message: expect.stringContaining(where),
    });
  });

  test("too large to be true is not read to its end", async () => {
    await expect(find(" ".repeat(2_000_000), "ghcr.io")).rejects.toMatchObject({
      code: "UnreadableCredentialsFile",
    });
  });

  test("that is a folder is an error with its cause", async () => {
    const file = await temporaryFolder();
    await expect(dockerConfigCredentials({ file })({ host: "ghcr.io" })).rejects.toMatchObject({
      code: "UnreadableCredentialsFile",
      file,
      cause: expect.objectContaining({ code: "EISDIR" }),
    });
  });

  test("is read anew at each look-up", async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, "config.json");
    const source = dockerConfigCredentials({ file });
    expect(await source({ host: "ghcr.io" })).toBeUndefined();
    await writeFile(file, text);
    expect(await source({ host: "ghcr.io" })).toEqual({ credential: basic("ann", "s3cret"), source: file });
  });

  test("is not read for a caller who gave up", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    const source = dockerConfigCredentials({ file: await temporaryFolder() });
    await expect(source({ host: "ghcr.io" }, { signal })).rejects.toThrow("enough");
  });
});

describe("podman's file", () => {
  const auths = {
    "quay.io": { auth: base64("whole:1") },
    "quay.io/acme": { auth: base64("acme:2") },
    "quay.io/acme/site": { auth: base64("site:3") },
    "quay.io/empty": {},
    "docker.io/library": { auth: base64("hub:4") },
  };
  test.each([
    [{ host: "quay.io", repository: "acme/site" }, "site"],
    [{ host: "quay.io", repository: "acme/other" }, "acme"],
    [{ host: "quay.io", repository: "other" }, "whole"],
    [{ host: "quay.io", repository: "empty/x" }, "whole"],
    [{ host: "quay.io" }, "whole"],
    [{ host: "docker.io", repository: "library/alpine" }, "hub"],
    [{ host: "docker.io", repository: "acme/site" }, undefined],
  ])("for %j has %s", async (target, username) => {
    const { found } = await find({ auths }, target, "containers");
    expect(found?.credential.kind === "basic" ? found.credential.username : undefined).toBe(username);
  });
});

describe("helpers that a file names", () => {
  async function withHelpers(content: unknown, host: string) {
    const folder = await temporaryFolder({ "config.json": content });
    await writeHelper(folder, "own", knows("own", "1"));
    await writeHelper(folder, "all", knows("all", "2"));
    await writeHelper(
      folder,
      "none",
      'console.log("credentials not found in native keychain"); process.exit(1);',
    );
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const file = path.join(folder, "config.json");
    const found = await dockerConfigCredentials({ file, env: { PATH: folder }, onWarning })({ host });
    return { source: found?.source.replace(file, "auths"), warnings };
  }
  const auths = { "ghcr.io": { auth: base64("file:3") } };

  test.each([
    [
      "the registry's own first",
      { credHelpers: { "ghcr.io": "own" }, credsStore: "all", auths },
      "docker-credential-own",
    ],
    ["under any spelling", { credHelpers: { "https://ghcr.io": "own" }, auths }, "docker-credential-own"],
    [
      "then the one for all",
      { credHelpers: { "ghcr.io": "none" }, credsStore: "all", auths },
      "docker-credential-all",
    ],
    [
      "not one of another registry",
      { credHelpers: { "quay.io": "own" }, credsStore: "all" },
      "docker-credential-all",
    ],
    ["then the file", { credHelpers: { "ghcr.io": "none" }, credsStore: "none", auths }, "auths"],
    ["none where the name is empty", { credHelpers: { "ghcr.io": "" }, credsStore: "all", auths }, "auths"],
  ])("are asked: %s", async (_name, content, source) => {
    expect(await withHelpers(content, "ghcr.io")).toEqual({ source, warnings: [] });
  });

  test("are passed over with a warning when they do not work", async () => {
    const { source, warnings } = await withHelpers({ credsStore: "missing", auths }, "ghcr.io");
    expect(source).toBe("auths");
    expect(warnings).toEqual([
      "docker-credential-missing is not installed: going on without its credential for ghcr.io",
    ]);
  });
});
