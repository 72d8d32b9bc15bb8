import { expect, test } from "vitest";
import { environmentCredentials } from "./environment-credentials.js";
import { firstOf } from "./first-of.js";
import { anonymous, staticCredential, staticToken } from "./static-credentials.js";

const basic = { kind: "basic", username: "ann", password: "s3cret" } as const;

test("anonymous has nothing for anybody", async () => {
  expect(await anonymous({ host: "ghcr.io" })).toBeUndefined();
});

test("a static credential goes to its own registry only", async () => {
  const source = staticCredential({ host: "Registry.example.com:5000", username: "ann", password: "s3cret" });
  expect(await source({ host: "registry.example.com:5000" })).toEqual({
    credential: basic,
    source: "static",
  });
  expect(await source({ host: "registry.example.com" })).toBeUndefined();
  expect(await source({ host: "evil.example.com" })).toBeUndefined();
});

test("a static credential for Docker Hub holds under each of its names", async () => {
  const source = staticToken({ host: "index.docker.io", token: "t0ken" });
  for (const host of ["docker.io", "registry-1.docker.io"]) {
    expect((await source({ host }))?.credential).toEqual({ kind: "bearer", token: "t0ken" });
  }
});

test.each(["", "a b", "a\r\nX-Evil: 1", "a\0", "schlüssel", "x".repeat(70_000)])(
  "a token that no header can hold is refused at once (%#)",
  (token) => {
    expect(() => staticToken({ host: "ghcr.io", token })).toThrow(
      expect.objectContaining({ code: "InvalidCredential", host: "ghcr.io" }),
    );
  },
);

test("a user name with a colon is refused: the registry would read another name and password", () => {
  expect(() => staticCredential({ host: "ghcr.io", username: "a:b", password: "c" })).toThrow(
    expect.objectContaining({ code: "InvalidCredential" }),
  );
});

test.each([
  [{}, undefined],
  [{ BLOB_USERNAME: "", BLOB_PASSWORD: "", BLOB_TOKEN: "" }, undefined],
  [{ BLOB_USERNAME: "ann", BLOB_PASSWORD: "s3cret" }, basic],
  [{ BLOB_USERNAME: "ann", BLOB_PASSWORD: "s3cret", BLOB_TOKEN: "t" }, basic],
  [{ BLOB_TOKEN: "t" }, { kind: "bearer", token: "t" }],
])("the environment %j gives %j", async (env, credential) => {
  const source = environmentCredentials(env, { hosts: ["ghcr.io"] });
  expect((await source({ host: "ghcr.io" }))?.credential).toEqual(credential);
});

test.each([{ BLOB_USERNAME: "ann" }, { BLOB_PASSWORD: "s3cret" }])(
  "half a credential in the environment is an error: %j",
  async (env) => {
    const source = environmentCredentials(env, { hosts: ["ghcr.io"] });
    await expect(source({ host: "ghcr.io" })).rejects.toMatchObject({
      code: "InvalidCredential",
      message: expect.stringContaining("set both or neither"),
    });
  },
);

test("firstOf asks until one has something, and no further", async () => {
  const asked: string[] = [];
  const source = firstOf(
    anonymous,
    async () => {
      asked.push("second");
      return { credential: basic, source: "second" };
    },
    async () => {
      asked.push("third");
      return undefined;
    },
  );
  expect((await source({ host: "ghcr.io" }))?.source).toBe("second");
  expect(asked).toEqual(["second"]);
  expect(await firstOf()({ host: "ghcr.io" })).toBeUndefined();
});

test("firstOf stops at a source that is broken, and at an abort", async () => {
  const broken = firstOf(
    () => Promise.reject(new Error("broken")),
    staticToken({ host: "a.io", token: "t" }),
  );
  await expect(broken({ host: "a.io" })).rejects.toThrow("broken");
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(firstOf(anonymous)({ host: "a.io" }, { signal })).rejects.toThrow("enough");
});
