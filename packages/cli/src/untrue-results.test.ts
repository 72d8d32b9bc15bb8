import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Quirks, TemporaryDirectory, TestRegistry } from "@blob/testing";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runBlob } from "./testing/run-blob.js";

const env = { BLOB_PLAIN_HTTP: "1" };
let directory: TemporaryDirectory;
let site = "";
let registry: TestRegistry;
let reference = "";

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  site = path.join(directory.path, "site");
  await writeTree(site, { "a.txt": "hello" });
});

afterAll(() => directory.remove());

beforeEach(async () => {
  registry = await startTestRegistry();
  reference = `${registry.host}/acme/site:v1`;
});

afterEach(() => registry.close());

/** JSON as the schema promises it. */
async function conforming(text: string, schema: string): Promise<Record<string, unknown>> {
  const file = new URL(`../schemas/${schema}.json`, import.meta.url);
  const validate = new Ajv2020().compile(JSON.parse(await readFile(file, "utf8")) as object);
  const json = JSON.parse(text) as Record<string, unknown>;
  expect(validate(json), JSON.stringify(validate.errors)).toBe(true);
  return json;
}

describe("blob push -t", () => {
  test("says which tags were written, and ends with 6, when not all could be", async () => {
    const refuse = { status: 403, times: 1, path: /^PUT .*manifests\/v3$/u };
    const argv = ["push", reference, site, "-t", "v2", "-t", "v3", "-t", "v4"];
    registry.quirks.fail = { ...refuse };
    const text = await runBlob(argv, { env });
    expect(text).toMatchObject({ code: 6, stdout: "" });
    expect(text.stderr).toMatch(
      /^error\[TagsIncomplete\]: .*sha256:.* v1, v2 point to it.*\(missing: v3, v4\).*\nhint: .*blob tag/mu,
    );
    registry.quirks.fail = { ...refuse };
    const { code, stderr } = await runBlob([...argv, "--output", "json"], { env });
    expect(code).toBe(6);
    const { digest } = await registry.registry.resolve("acme/site", "v2");
    expect(await conforming(stderr, "error")).toMatchObject({
      error: { code: "TagsIncomplete", digest, tagged: ["v1", "v2"], not_tagged: ["v3", "v4"] },
    });
  });

  test("takes no tag that is none, and sends nothing", async () => {
    const { code, stderr } = await runBlob(["push", reference, site, "-t", "not a tag"], { env });
    expect(code).toBe(2);
    expect(stderr).toContain("not a tag");
    expect(registry.requests).toEqual([]);
  });
});

describe("blob inspect", () => {
  const troubles: Readonly<Record<string, Quirks>> = {
    "401": { fail: { status: 401, times: 100, path: /referrers/u } },
    "403": { fail: { status: 403, times: 100, path: /referrers/u } },
    "500": { fail: { status: 500, times: 100, path: /referrers/u } },
    "a connection that breaks": { drop: { when: "before", times: 100, path: /referrers/u } },
  };

  test.each(Object.keys(troubles))(
    "tells about an archive, and that its referrers could not be listed: %s",
    async (name) => {
      await runBlob(["push", reference, site], { env });
      Object.assign(registry.quirks, troubles[name]);
      const text = await runBlob(["inspect", reference], { env });
      expect(text).toMatchObject({ code: 0, stderr: "" });
      expect(text.stdout).toMatch(/^Files: {7}1$/mu);
      expect(text.stdout).toMatch(/^Referrers: {3}could not be listed \(\w+\): ./mu);
      const { code, stdout } = await runBlob(["inspect", reference, "--output", "json"], { env });
      expect(code).toBe(0);
      expect(await conforming(stdout, "inspect")).toMatchObject({
        files: 1,
        signatures: [],
        attestations: [],
        referrers_error: { code: expect.any(String) as string, message: expect.any(String) as string },
      });
    },
    60_000,
  );

  test("says nothing of the kind when there are none", async () => {
    await runBlob(["push", reference, site], { env });
    const { stdout } = await runBlob(["inspect", reference, "--output", "json"], { env });
    expect(await conforming(stdout, "inspect")).not.toHaveProperty("referrers_error");
    expect((await runBlob(["inspect", reference], { env })).stdout).not.toContain("Referrers:");
  });
});
