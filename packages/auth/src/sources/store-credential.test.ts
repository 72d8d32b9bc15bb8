import { lstat, readFile, readdir, stat, symlink } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import type { Credential } from "../credential.js";
import { dockerConfigCredentials } from "./file-credentials.js";
import { replaceFile } from "../files/replace-file.js";
import { eraseCredential, storeCredential } from "./store-credential.js";
import { keeps, writeHelper } from "../testing/helper-program.js";
import { temporaryFolder } from "../testing/temporary-folder.js";

const basic: Credential = { kind: "basic", username: "ann", password: "s3:cret" };

test.each([
  ["ghcr.io", basic],
  ["docker.io", basic],
  ["localhost:5000", { kind: "identity", token: "refresh" }],
  ["ghcr.io", { kind: "bearer", token: "ready" }],
] as const)("what is stored for %s is found again, and gone when erased (%j)", async (host, credential) => {
  const file = path.join(await temporaryFolder(), "new", "config.json");
  expect(await storeCredential(host, credential, { file })).toBe(file);
  const source = dockerConfigCredentials({ file });
  expect(await source({ host })).toEqual({ credential, source: file });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(path.dirname(file))).toEqual(["config.json"]);
  expect(await eraseCredential(host, { file })).toEqual([file]);
  expect(await source({ host })).toBeUndefined();
  expect(await eraseCredential(host, { file })).toEqual([]);
});

test("everything else in the file stays, and other spellings of the registry do not", async () => {
  const content = {
    HttpHeaders: { "X-Meta": "1" },
    auths: {
      "https://ghcr.io/v1/": { auth: "b2xkOm9sZA==" },
      "quay.io": { auth: "eDp5" },
      "ghcr.io/acme": {},
    },
    detachKeys: "ctrl-e",
  };
  const folder = await temporaryFolder({ "config.json": content });
  const file = path.join(folder, "config.json");
  await storeCredential("ghcr.io", basic, { env: { DOCKER_CONFIG: folder } });
  const auth = Buffer.from("ann:s3:cret").toString("base64");
  const auths = { "quay.io": { auth: "eDp5" }, "ghcr.io/acme": {}, "ghcr.io": { auth } };
  const text = await readFile(file, "utf8");
  expect(JSON.parse(text)).toEqual({ ...content, auths });
  expect(Object.keys(JSON.parse(text))).toEqual(Object.keys(content));
});

test("a link to the file stays a link", async () => {
  const folder = await temporaryFolder({ "dotfiles/docker.json": "{}" });
  const file = path.join(folder, "config.json");
  await symlink(path.join(folder, "dotfiles", "docker.json"), file);
  await storeCredential("ghcr.io", basic, { file });
  expect((await lstat(file)).isSymbolicLink()).toBe(true);
  expect((await dockerConfigCredentials({ file })({ host: "ghcr.io" }))?.credential).toEqual(basic);
});

test("a helper that the file names keeps the secret, and the file has no copy of it", async () => {
  const folder = await temporaryFolder({
    "config.json": { credsStore: "keep", auths: { "ghcr.io": { auth: "b2xkOm9sZA==" } } },
  });
  await writeHelper(folder, "keep", keeps);
  const file = path.join(folder, "config.json");
  const options = { file, env: { PATH: folder } };
  for (const host of ["ghcr.io", "docker.io"]) {
    expect(await storeCredential(host, basic, options)).toBe("docker-credential-keep");
    expect(await dockerConfigCredentials(options)({ host })).toEqual({
      credential: basic,
      source: "docker-credential-keep",
    });
  }
  expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ credsStore: "keep", auths: {} });
  expect(await eraseCredential("ghcr.io", options)).toEqual(["docker-credential-keep"]);
  expect(await dockerConfigCredentials(options)({ host: "ghcr.io" })).toBeUndefined();
  expect(await eraseCredential("ghcr.io", options)).toEqual([]);
});

test("a helper that cannot store is an error: the secret must not end up elsewhere unasked", async () => {
  const folder = await temporaryFolder({ "config.json": { credsStore: "missing" } });
  const options = { file: path.join(folder, "config.json"), env: { PATH: folder } };
  const failure = { code: "HelperFailed", host: "ghcr.io" };
  await expect(storeCredential("ghcr.io", basic, options)).rejects.toMatchObject(failure);
  await expect(eraseCredential("ghcr.io", options)).rejects.toMatchObject(failure);
  expect(await readFile(options.file, "utf8")).not.toContain("auths");
});

test("a helper has no place for a ready registry token", async () => {
  const folder = await temporaryFolder({ "config.json": { credsStore: "keep" } });
  const storing = storeCredential(
    "ghcr.io",
    { kind: "bearer", token: "t" },
    { file: path.join(folder, "config.json") },
  );
  await expect(storing).rejects.toMatchObject({ code: "InvalidCredential" });
});

test("a malformed file is not overwritten", async () => {
  const folder = await temporaryFolder({ "config.json": "{oops" });
  const file = path.join(folder, "config.json");
  await expect(storeCredential("ghcr.io", basic, { file })).rejects.toMatchObject({
    code: "InvalidCredentialsFile",
  });
  expect(await readFile(file, "utf8")).toBe("{oops");
});

test("a file that cannot be written is an error with its cause", async () => {
  const folder = await temporaryFolder({ file: "" });
  const file = path.join(folder, "file", "config.json");
  await expect(storeCredential("ghcr.io", basic, { file })).rejects.toMatchObject({
    code: "UnreadableCredentialsFile",
    file,
    cause: expect.any(Error),
  });
});

test("a replacement that fails leaves nothing behind", async () => {
  const folder = await temporaryFolder({ "config.json/in-the-way": "" });
  await expect(replaceFile(path.join(folder, "config.json"), "{}")).rejects.toMatchObject({
    code: "UnreadableCredentialsFile",
    cause: expect.any(Error),
  });
  expect(await readdir(folder)).toEqual(["config.json"]);
});
