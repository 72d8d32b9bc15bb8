import { rm } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { defaultCredentials } from "./default-credentials.js";
import { describeCredential } from "./describe-credential.js";
import { temporaryFolder } from "../testing/temporary-folder.js";

/** A file with one credential, whose user name tells where it is from. */
function fileOf(username: string, key = "ghcr.io") {
  return { auths: { [key]: { auth: Buffer.from(`${username}:s3cret`).toString("base64") } } };
}

test("sources are asked in their order, and the next one when one has nothing for the host", async () => {
  const home = await temporaryFolder({
    "registry-auth.json": fileOf("registry-auth"),
    "docker/config.json": fileOf("docker-config"),
    "run/containers/auth.json": fileOf("runtime"),
    "xdg/containers/auth.json": fileOf("xdg-config"),
    ".docker/config.json": fileOf("home-docker"),
    ".config/containers/auth.json": fileOf("home-config"),
  });
  const env = {
    BLOB_USERNAME: "environment",
    BLOB_PASSWORD: "s3cret",
    REGISTRY_AUTH_FILE: path.join(home, "registry-auth.json"),
    DOCKER_CONFIG: path.join(home, "docker"),
    XDG_RUNTIME_DIR: path.join(home, "run"),
    XDG_CONFIG_HOME: path.join(home, "xdg"),
  };
  const winner = async (variables: Readonly<Record<string, string>>) => {
    const hosts = ["ghcr.io"];
    const credentials = defaultCredentials({ env: variables, homeDirectory: home, hosts });
    return (await describeCredential(credentials, { host: "ghcr.io" }))?.username;
  };
  expect(await winner(env)).toBe("environment");
  const files = { ...env, BLOB_USERNAME: "", BLOB_PASSWORD: "" };
  for (const [username, file] of [
    ["registry-auth", "registry-auth.json"],
    ["docker-config", "docker/config.json"],
    ["runtime", "run/containers/auth.json"],
    ["xdg-config", "xdg/containers/auth.json"],
  ] as const) {
    expect(await winner(files)).toBe(username);
    await rm(path.join(home, file));
  }
  expect(await winner(files)).toBeUndefined();
  expect(await winner({ DOCKER_CONFIG: "", XDG_RUNTIME_DIR: "" })).toBe("home-docker");
  await rm(path.join(home, ".docker"), { recursive: true });
  expect(await winner({})).toBe("home-config");
});

test("DOCKER_AUTH_CONFIG comes before docker's file, for the registries that it names", async () => {
  const home = await temporaryFolder({ ".docker/config.json": fileOf("file") });
  const text = JSON.stringify(fileOf("variable", "quay.io"));
  const find = async (host: string, value: string) =>
    describeCredential(defaultCredentials({ env: { DOCKER_AUTH_CONFIG: value }, homeDirectory: home }), {
      host,
    });
  expect(await find("quay.io", text)).toEqual({
    source: "DOCKER_AUTH_CONFIG",
    kind: "basic",
    username: "variable",
  });
  expect(await find("ghcr.io", text)).toMatchObject({ username: "file" });
  expect(await find("quay.io", "")).toBeUndefined();
  // The text is a secret: an error says where it goes wrong, and none of it.
  await expect(find("quay.io", '{"auths": s3cret')).rejects.toMatchObject({
    code: "InvalidCredentialsFile",
    message: expect.stringMatching(/^DOCKER_AUTH_CONFIG .* line 1, column 11(?!.*s3cret)/u) as string,
  });
});

test("a description names the source and the user, and no secret", async () => {
  const home = await temporaryFolder({ ".docker/config.json": fileOf("ann") });
  const credentials = defaultCredentials({ env: {}, homeDirectory: home });
  expect(await describeCredential(credentials, { host: "ghcr.io" })).toEqual({
    source: path.join(home, ".docker", "config.json"),
    kind: "basic",
    username: "ann",
  });
  expect(await describeCredential(credentials, { host: "quay.io" })).toBeUndefined();
});

test("REGISTRY_AUTH_FILE may hold namespaces, and /dev/null stands for nothing", async () => {
  const home = await temporaryFolder({ "auth.json": fileOf("acme", "quay.io/acme") });
  const target = { host: "quay.io", repository: "acme/site" };
  const env = { REGISTRY_AUTH_FILE: path.join(home, "auth.json") };
  const credentials = defaultCredentials({ env, homeDirectory: home });
  expect((await describeCredential(credentials, target))?.username).toBe("acme");
  const nothing = defaultCredentials({ env: { REGISTRY_AUTH_FILE: "/dev/null" }, homeDirectory: home });
  expect(await describeCredential(nothing, target)).toBeUndefined();
});

test("a malformed file ends the look-up: a later file's credential might be another person's", async () => {
  const home = await temporaryFolder({
    ".docker/config.json": '{\n  "auths": {,}\n}',
    ".config/containers/auth.json": fileOf("other"),
  });
  await expect(
    defaultCredentials({ env: {}, homeDirectory: home })({ host: "ghcr.io" }),
  ).rejects.toMatchObject({
    code: "InvalidCredentialsFile",
    file: path.join(home, ".docker", "config.json"),
    message: expect.stringContaining("line 2, column 13"),
  });
});
