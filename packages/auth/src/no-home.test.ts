import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { defaultCredentials, dockerConfigFile } from "./sources/default-credentials.js";
import { describeCredential } from "./sources/describe-credential.js";
import { eraseCredential, storeCredential } from "./sources/store-credential.js";
import { temporaryFolder } from "./testing/temporary-folder.js";

const host = "ghcr.io";

test("without a home directory what is elsewhere is found, and nothing is missed silently", async () => {
  const folder = await temporaryFolder({
    "docker/config.json": { auths: { [host]: { auth: Buffer.from("ann:s3cret").toString("base64") } } },
  });
  const warnings: string[] = [];
  const look = (env: Readonly<Record<string, string>>): ReturnType<typeof describeCredential> =>
    describeCredential(
      defaultCredentials({
        env,
        homeDirectory: false,
        hosts: [host],
        onWarning: (message) => warnings.push(message),
      }),
      { host },
    );
  expect(await look({ BLOB_TOKEN: "token" })).toMatchObject({ source: "environment" });
  expect(await look({ DOCKER_CONFIG: path.join(folder, "docker") })).toMatchObject({ username: "ann" });
  expect(warnings).toEqual([]);
  expect(await look({})).toBeUndefined();
  expect(warnings).toEqual([expect.stringMatching(/no home directory.*set HOME/u)]);
});

test("storing and erasing say what to set", async () => {
  const nowhere = { env: {}, homeDirectory: false } as const;
  const expected = {
    code: "UnreadableCredentialsFile",
    message: expect.stringContaining("set HOME or DOCKER_CONFIG") as string,
  };
  const credential = { kind: "basic", username: "ann", password: "s3cret" } as const;
  await expect(storeCredential(host, credential, nowhere)).rejects.toMatchObject(expected);
  await expect(eraseCredential(host, nowhere)).rejects.toMatchObject(expected);
  expect(() => dockerConfigFile(nowhere)).toThrow(expect.objectContaining(expected) as Error);
});

test("the operating system is asked when it is needed, and what it does not know is no crash", () => {
  // HOME decides for Node; the user's entry in passwd, which may be missing, only without it.
  expect(dockerConfigFile({ env: {} })).toBe(path.join(os.homedir(), ".docker", "config.json"));
  expect(dockerConfigFile({ env: { DOCKER_CONFIG: "/somewhere" } })).toBe(
    path.join("/somewhere", "config.json"),
  );
});
