import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { isRegistryError } from "../errors.js";
import { isRepository } from "../reference.js";
import { createRegistryServer } from "../server/registry-server.js";
import { blobOf } from "../testing/bytes.js";
import { manifestOf, manifestType, scratchDirectory } from "../testing/layout-fixture.js";
import { layoutDirectory } from "./layout-path.js";
import { createLayoutRegistry } from "./layout-registry.js";

/** As `temporaryName` makes them. */
const unfinished = "0a1b-2c3d-45-67.00000000-0000-4000-8000-000000000000.tmp";

/** Names that a file of a layout has, or gets for a moment. */
const taken = [
  "blobs",
  "blobs/sha256",
  `blobs/sha256/${"0".repeat(64)}`,
  "index.json",
  "index.json.lock",
  "index.json.lock.break",
  "oci-layout",
  `index.json.${unfinished}`,
  `oci-layout.${unfinished}`,
];

describe("a repository that is called like a file of another one", () => {
  test.each(taken.flatMap((name) => [name, `acme/site/${name}`, `acme/site/${name}/x`]))(
    "%s is refused, and harms nothing",
    async (name) => {
      const directory = await scratchDirectory();
      const server = await createRegistryServer(createLayoutRegistry(directory)).listen();
      onTestFinished(() => server.close());
      const config = blobOf("{}");
      const manifest = { body: manifestOf().bytes, headers: { "content-type": manifestType } };
      const ask = async (method: string, where: string, init: RequestInit = {}) => {
        const response = await fetch(`${server.url}/v2/${where}`, { method, ...init });
        return { status: response.status, text: await response.text() };
      };
      const upload = `blobs/uploads/?digest=${config.digest}`;
      expect((await ask("POST", `acme/site/${upload}`, { body: "{}" })).status).toBe(201);
      expect((await ask("PUT", "acme/site/manifests/v1", manifest)).status).toBe(201);
      const before = await readdir(directory, { recursive: true });

      for (const [method, where, init] of [
        ["POST", `${name}/${upload}`, { body: "{}" }],
        ["PUT", `${name}/manifests/v1`, manifest],
        ["GET", `${name}/manifests/v1`],
        ["GET", `${name}/tags/list`],
        ["GET", `${name}/referrers/${config.digest}`],
        ["HEAD", `${name}/blobs/${config.digest}`],
        ["DELETE", `${name}/manifests/v1`],
        ["DELETE", `${name}/blobs/${config.digest}`],
        ["POST", `acme/other/blobs/uploads/?mount=${config.digest}&from=${name}`],
      ] as const) {
        const { status, text } = await ask(method, where, init);
        expect([method, where, status]).toEqual([method, where, 400]);
        if (method !== "HEAD") expect(text).toContain("NAME_INVALID");
      }

      expect(await readdir(directory, { recursive: true })).toEqual(before);
      expect(JSON.parse((await ask("GET", "acme/site/tags/list")).text)).toMatchObject({ tags: ["v1"] });
      expect((await ask("PUT", "acme/site/manifests/v2", manifest)).status).toBe(201);
      const index = await readFile(path.join(directory, "acme/site/index.json"), "utf8");
      expect(index).toContain('"v2"');
    },
  );
});

test.each(["a/b", "index.jsonl", "index", "my-index.json", "oci-layout-x", "blobs.old", "myblobs", "json"])(
  "%s is the name of a directory below",
  (name) => {
    expect(layoutDirectory("root", name)).toBe(path.join("root", ...name.split("/")));
  },
);

test.each(["con", "aux.x", "acme/nul", "com1/site", "lpt9.old.x"])(
  "%s is one everywhere but on Windows, where it is a device",
  (name) => {
    expect(layoutDirectory("root", name, "linux")).toBe(path.join("root", ...name.split("/")));
    expect(() => layoutDirectory("root", name, "win32")).toThrow(
      expect.objectContaining({ code: "InvalidReference" }) as Error,
    );
  },
);

test("whatever two repositories are called, neither lies among the other's files", () => {
  const word = fc.constantFrom(
    "a",
    "blobs",
    "index",
    "json",
    "lock",
    "oci",
    "layout",
    "sha256",
    "break",
    "0",
  );
  const joint = fc.constantFrom(".", "-", "_", "__", "/");
  const name = fc
    .tuple(word, fc.array(fc.tuple(joint, word), { maxLength: 6 }))
    .map(([first, more]) => first + more.flat().join(""))
    .filter(isRepository);
  const place = (repository: string): string | undefined => {
    try {
      return layoutDirectory("root", repository);
    } catch (error) {
      if (isRegistryError(error) && error.code === "InvalidReference") return undefined;
      throw error;
    }
  };
  fc.assert(
    fc.property(fc.oneof(name, fc.constant("")), fc.oneof(name, fc.constantFrom(...taken)), (one, below) => {
      const other = one === "" ? below : `${one}/${below}`;
      const [at, otherAt] = [place(one), place(other)];
      if (at === undefined || otherAt === undefined) return;
      for (const file of taken.map((own) => path.join(at, own))) {
        expect(`${otherAt}/`.startsWith(`${file}/`)).toBe(false);
      }
    }),
    { numRuns: 1000 },
  );
});

test("other names are directories below the root, which is the repository without a name", () => {
  expect(layoutDirectory("root", "")).toBe("root");
  expect(layoutDirectory("root", "acme/console", "win32")).toBe(path.join("root", "acme", "console"));
  expect(layoutDirectory("root", "falcon/lpt", "win32")).toBe(path.join("root", "falcon", "lpt"));
  expect(() => layoutDirectory("root", "../x")).toThrow(
    expect.objectContaining({ code: "InvalidReference" }),
  );
});
