import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { askCredentialHelper } from "./docker-credential-helper.js";
import { knows, writeHelper } from "../testing/helper-program.js";
import { temporaryFolder } from "../testing/temporary-folder.js";

/** Runs a helper with this body. */
async function ask(
  body: string,
  { host = "ghcr.io", ...options }: { host?: string; helperTimeoutMs?: number; signal?: AbortSignal } = {},
) {
  const folder = await temporaryFolder();
  await writeHelper(folder, "test", body);
  const warnings: string[] = [];
  const onWarning = (message: string) => warnings.push(message);
  const found = await askCredentialHelper("test", host, { env: { PATH: folder }, onWarning, ...options });
  return { found, warnings, folder };
}

test("a helper's user name and secret are found", async () => {
  const { found, warnings } = await ask(knows("ann", "s3cret"));
  expect(found).toEqual({
    credential: { kind: "basic", username: "ann", password: "s3cret" },
    source: "docker-credential-test",
  });
  expect(warnings).toEqual([]);
});

test("the user <token> stands for an identity token", async () => {
  const { found } = await ask(knows("<token>", "refresh"));
  expect(found?.credential).toEqual({ kind: "identity", token: "refresh" });
});

test.each([
  ["ghcr.io", "ghcr.io"],
  ["localhost:5000", "localhost:5000"],
  ["docker.io", "https://index.docker.io/v1/"],
  ["registry-1.docker.io", "https://index.docker.io/v1/"],
])("for %s the helper is asked to get %s", async (host, url) => {
  const { folder } = await ask(
    `fs.writeFileSync(folder + "/seen", action + " " + input); ${knows("a", "b")}`,
    { host },
  );
  expect(readFileSync(path.join(folder, "seen"), "utf8")).toBe(`get ${url}`);
});

test.each([
  ["says so", 'console.log("credentials not found in native keychain"); process.exit(1);'],
  ["has an empty secret", knows("", "")],
])("a helper that %s has none, which is no cause for a warning", async (_name, body) => {
  expect(await ask(body)).toMatchObject({ found: undefined, warnings: [] });
});

describe("a warning is given, and nothing found, when a helper", () => {
  test.each([
    ["fails", 'console.log("s3cret"); console.error("s3cret"); process.exit(3);', "failed with exit code 3"],
    [
      "ends by a signal",
      'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);',
      "was killed by SIGKILL",
    ],
    ["prints no JSON", 'console.log("s3cret");', "did not answer in the credential helper protocol"],
    ["prints other JSON", 'console.log("[1]");', "did not answer in the credential helper protocol"],
    [
      "prints a number as secret",
      'console.log(JSON.stringify({ Username: "a", Secret: 1 }));',
      "did not answer in the",
    ],
    ["prints nothing", "", "did not answer in the credential helper protocol"],
    [
      "prints without end",
      'const b = "s3cret".repeat(20000); for (;;) fs.writeSync(1, b);',
      "answered with more than 1 MiB",
    ],
  ])("%s", async (_name, body, problem) => {
    const { found, warnings } = await ask(body);
    expect(found).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining(`docker-credential-test ${problem}`)]);
    expect(warnings.join()).not.toContain("s3cret");
  });

  test("hangs, and it is killed", async () => {
    const { found, warnings, folder } = await ask(
      'fs.writeFileSync(folder + "/pid", String(process.pid)); setInterval(() => {}, 1000);',
      { helperTimeoutMs: 500 },
    );
    expect(found).toBeUndefined();
    expect(warnings).toEqual([expect.stringContaining("did not answer within 0.5 s")]);
    await expectDead(folder);
  });

  test("is not there, or no program", async () => {
    const folder = await temporaryFolder({ "docker-credential-text": "not executable" });
    const warnings: string[] = [];
    const options = { env: { PATH: folder }, onWarning: (message: string) => warnings.push(message) };
    expect(await askCredentialHelper("missing", "ghcr.io", options)).toBeUndefined();
    expect(await askCredentialHelper("text", "ghcr.io", options)).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringContaining("is not installed"),
      expect.stringContaining("could not be started (EACCES)"),
    ]);
  });

  test.each(["", "../evil", "a/b", "a\\b", "-x", "a b", "a;b", "a\0b", "a\u001b[2J", "x".repeat(200)])(
    "is named %j: nothing is run",
    async (name) => {
      const warnings: string[] = [];
      const found = await askCredentialHelper(name, "ghcr.io", {
        onWarning: (message) => warnings.push(message),
      });
      expect(found).toBeUndefined();
      expect(warnings).toEqual([expect.stringContaining("has no valid name")]);
      expect(warnings.join()).not.toMatch(/[\0-\x1f]/);
    },
  );
});

test("a helper that does not read what it is asked may still answer", async () => {
  const folder = await temporaryFolder();
  const script = `#!/bin/sh\nexec <&-\necho '{"ServerURL":"","Username":"ann","Secret":"s3cret"}'\n`;
  await writeFile(path.join(folder, "docker-credential-deaf"), script, { mode: 0o755 });
  const found = await askCredentialHelper("deaf", "ghcr.io", { env: { PATH: folder } });
  expect(found?.source).toBe("docker-credential-deaf");
});

test("an abort kills the helper and rejects with the signal's reason", async () => {
  const folder = await temporaryFolder();
  await writeHelper(
    folder,
    "slow",
    'fs.writeFileSync(folder + "/pid", String(process.pid)); setInterval(() => {}, 1000);',
  );
  const controller = new AbortController();
  const asking = askCredentialHelper("slow", "ghcr.io", { env: { PATH: folder }, signal: controller.signal });
  while (!existsSync(path.join(folder, "pid"))) await new Promise((resolve) => setTimeout(resolve, 10));
  controller.abort(new Error("enough"));
  await expect(asking).rejects.toThrow("enough");
  await expectDead(folder);
});

/** The process whose id the helper left behind is gone, now or soon. */
async function expectDead(folder: string): Promise<void> {
  const file = path.join(folder, "pid");
  // On a slow machine it may have been killed before it came to write anything.
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8"));
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
