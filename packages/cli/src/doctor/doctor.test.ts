import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Quirks, TemporaryDirectory, TestRegistry } from "@blob/testing";
import {
  createTemporaryDirectory,
  hasProgram,
  startDockerRegistry,
  startTestRegistry,
  writeTree,
} from "@blob/testing";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Ran, RunOptions } from "../testing/run-blob.js";
import { runBlob } from "../testing/run-blob.js";
import type { Check } from "./check.js";

let directory: TemporaryDirectory;
let site = "";
const env = { BLOB_PLAIN_HTTP: "1" };

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  site = path.join(directory.path, "site");
  await writeTree(site, { "a.txt": "text ".repeat(1000), "b.txt": "b" });
});
afterAll(() => directory.remove());

interface Diagnosis extends Ran {
  readonly status: string;
  /** By name: the status, a colon, the message. */
  readonly checks: Readonly<Record<string, string>>;
}

async function doctor(reference: string, options: RunOptions = { env }): Promise<Diagnosis> {
  const ran = await runBlob(["doctor", reference, "--output", "json"], options);
  const report = JSON.parse(ran.stdout) as { readonly status: string; readonly checks: readonly Check[] };
  const schema = await readFile(new URL("../../schemas/doctor.json", import.meta.url), "utf8");
  expect(new Ajv2020().compile(JSON.parse(schema) as object)(report)).toBe(true);
  return {
    ...ran,
    status: report.status,
    checks: Object.fromEntries(
      report.checks.map(({ name, status, message }) => [name, `${status}: ${message}`]),
    ),
  };
}

describe("a registry", () => {
  let registry: TestRegistry;
  let reference = "";

  beforeEach(async () => {
    registry = await startTestRegistry();
    reference = `${registry.host}/acme/site:v1`;
    await runBlob(["push", reference, site], { env });
  });
  afterEach(() => registry.close());

  test("that does all: everything is fine, and nothing is left behind", async () => {
    registry.requests.splice(0);
    const { code, status, stderr, checks } = await doctor(reference);
    expect({ code, status, stderr }).toEqual({ code: 0, status: "ok", stderr: "" });
    expect(checks).toEqual({
      reference: expect.stringMatching(/^ok: .*\/acme\/site:v1, tag v1$/u) as string,
      proxy: "ok: none: this machine is reached directly",
      dns: expect.stringMatching(/^ok: 127\.0\.0\.1 is 127\.0\.0\.1, \d+ ms$/u) as string,
      connection: expect.stringMatching(
        /^ok: 127\.0\.0\.1:\d+, plain HTTP, not encrypted, \d+ ms$/u,
      ) as string,
      credentials: "ok: none found: requests are anonymous",
      manifest: expect.stringMatching(/^ok: sha256:[0-9a-f]{64}, \d+ bytes/u) as string,
      "manifest-head": "ok: leads to the same digest",
      archive: expect.stringMatching(/^ok: index .* data /u) as string,
      "blob-head": "ok: the data blob is there, with the right size",
      "range-cold": expect.stringMatching(/^ok: 206, bytes 1-\d+\/\d+, \d+ ms$/u) as string,
      "range-warm": expect.stringMatching(/^ok: 206, bytes 1-\d+\/\d+, \d+ ms$/u) as string,
      referrers: "ok: referrers API, 0 found",
      redirects: "ok: none: blobs come from the registry",
      upload: "ok: session opened and cancelled: pushing is allowed",
      token: "ok: the registry asked for none",
      clock: "ok: within 1 s of the registry's",
    });
    const methods = registry.requests.map(({ method }) => method);
    expect(methods.filter((method) => method === "POST" || method === "DELETE")).toEqual(["POST", "DELETE"]);
    expect(methods).not.toContain("PUT");
  });

  test("as text: one line each", async () => {
    const { code, stdout } = await runBlob(["doctor", reference], { env });
    expect(code).toBe(0);
    expect(stdout.split("\n")).toHaveLength(17);
    expect(stdout).toMatch(/^ok {7}manifest {6} sha256:/mu);
  });

  const cases: readonly (readonly [string, Quirks, string, RegExp, number])[] = [
    ["ignores ranges", { ignoreRange: true }, "range-cold", /^warning: 200 with the whole blob/u, 0],
    [
      "answers ranges with 200",
      { rangeAs200: true },
      "range-warm",
      /^warning: 200 with Content-Range bytes 1-/u,
      0,
    ],
    ["sends other ranges", { contentRange: "bytes 5-9/10" }, "range-cold", /^failed: /u, 1],
    ["redirects", { redirectBlobs: true }, "redirects", /^ok: blobs come from 127\.0\.0\.1:\d+$/u, 0],
    [
      "redirects into a trap",
      { redirectTo: "ftp://evil.example/x?sig=geheim" },
      "range-cold",
      /^failed: /u,
      1,
    ],
    [
      "has no referrers API",
      { noReferrersApi: true },
      "referrers",
      /^ok: no referrers API; by the fallback tag/u,
      0,
    ],
    ["tells nothing about blobs", { headStatus: 405 }, "blob-head", /^warning: .*tells nothing/u, 0],
    [
      "has a wrong clock",
      { date: "Sat, 01 Jan 2000 00:00:00 GMT" },
      "clock",
      /^warning: .* s behind this machine/u,
      0,
    ],
    [
      "allows no pushes",
      { fail: { status: 403, times: 100, path: /uploads/u } },
      "upload",
      /^skipped: not allowed/u,
      0,
    ],
    ["has trouble", { fail: { status: 500, times: 100, path: /referrers/u } }, "referrers", /^failed: /u, 1],
    [
      "is asked too often",
      { fail: { status: 429, times: 100, headers: { "retry-after": "3600" } } },
      "manifest",
      /^failed: /u,
      8,
    ],
  ];
  test.each(cases)(
    "that %s: the other checks are made nevertheless",
    async (_name, quirks, check, found, code) => {
      Object.assign(registry.quirks, quirks);
      const diagnosis = await doctor(reference);
      expect(diagnosis.checks[check]).toMatch(found);
      expect(diagnosis.code).toBe(code);
      expect(Object.keys(diagnosis.checks)).toHaveLength(16);
      expect(diagnosis.stdout + diagnosis.stderr).not.toContain("geheim");
    },
  );

  test("with tokens: which source won, and which scopes were asked for; no secrets", async () => {
    registry.quirks.tokenAuth = { username: "me", password: "geheim" };
    const home = path.join(directory.path, "home");
    await mkdir(path.join(home, ".docker"), { recursive: true });
    const auth = Buffer.from("me:geheim").toString("base64");
    const file = path.join(home, ".docker", "config.json");
    await writeFile(file, JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const { code, checks, stdout, stderr } = await doctor(reference, { env, homeDirectory: home });
    expect(code).toBe(0);
    expect(checks["credentials"]).toMatch(/^ok: basic, me, from .*config\.json/u);
    expect(checks["token"]).toMatch(
      /^ok: asked for repository:acme\/site:pull \(.*\); repository:acme\/site:pull,push/u,
    );
    expect(checks["upload"]).toMatch(/^ok/u);
    for (const secret of ["geheim", auth]) expect(stdout + stderr).not.toContain(secret);
  });

  test("with a wrong password: each check that needs it fails, with the code for authentication", async () => {
    registry.quirks.basicAuth = { username: "me", password: "geheim" };
    const { code, status, checks, stderr } = await doctor(reference, {
      env: { ...env, BLOB_USERNAME: "me", BLOB_PASSWORD: "geraten" },
    });
    expect({ code, status }).toEqual({ code: 3, status: "failed" });
    expect(checks["credentials"]).toMatch(/^ok: basic, me, from /u);
    expect(checks["manifest"]).toMatch(/^failed: /u);
    expect(checks["archive"]).toBe("skipped: needs the manifest");
    expect(checks["upload"]).toMatch(/^skipped: not allowed/u);
    expect(checks["clock"]).toMatch(/^ok/u);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "Unauthorized" } });
    expect(stderr).not.toContain("geraten");
  });

  test("without the tag", async () => {
    const { code, checks } = await doctor(`${registry.host}/acme/site:v9`);
    expect(code).toBe(4);
    expect(checks["manifest"]).toMatch(/^failed: /u);
    expect(checks["upload"]).toMatch(/^ok/u);
  });

  test("over TLS that it does not speak: a hint, and what needs a connection is not tried", async () => {
    const { code, checks, stdout } = await doctor(reference, { env: { BLOB_PLAIN_HTTP: "0" } });
    expect(code).toBe(7);
    expect(checks["connection"]).toMatch(/^failed: /u);
    expect(checks["manifest"]).toBe("skipped: needs a connection");
    expect(checks["upload"]).toBe("skipped: needs a connection");
    expect(stdout).toContain("--plain-http");
  });
});

test("a closed port, and a name that is not there", async () => {
  const closed = await doctor("127.0.0.1:1/acme/site:v1");
  expect(closed.code).toBe(7);
  expect(closed.checks["connection"]).toMatch(/^failed: 127\.0\.0\.1:1: .*ECONNREFUSED/u);
});

test("a reference that is none is a usage error", async () => {
  const { code, stdout, stderr } = await runBlob(["doctor", "not a reference"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^error\[InvalidReference\]/u);
});

test("an OCI layout: what applies to it", async () => {
  const reference = `oci:${path.join(directory.path, "layout")}:v1`;
  await runBlob(["push", reference, site]);
  const { code, status, checks } = await doctor(reference);
  expect({ code, status }).toEqual({ code: 0, status: "ok" });
  expect(Object.keys(checks)).toEqual([
    "reference",
    "manifest",
    "manifest-head",
    "archive",
    "blob-head",
    "range-cold",
    "range-warm",
    "referrers",
  ]);
  expect((await doctor(`oci:${path.join(directory.path, "nothing")}:v1`)).code).toBe(4);
});

if (!hasProgram("docker-registry")) {
  console.info("docker-registry is not installed: it is not looked at by doctor");
}

describe.skipIf(!hasProgram("docker-registry"))("Debian's docker-registry", () => {
  test("has ranges and no referrers API", async () => {
    const registry = await startDockerRegistry();
    try {
      const reference = `${registry.host}/acme/site:v1`;
      await runBlob(["push", reference, site], { env });
      const { code, checks } = await doctor(reference);
      expect(code).toBe(0);
      expect(checks["range-cold"]).toMatch(/^ok: 206/u);
      expect(checks["referrers"]).toBe("ok: no referrers API; by the fallback tag, 0 found");
      expect(checks["upload"]).toBe("ok: session opened and cancelled: pushing is allowed");
    } finally {
      await registry.close();
    }
  });
});
