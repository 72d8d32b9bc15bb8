import { describe, expect, test } from "vitest";
import { blobOf, chunksOf, collect, noise } from "../../testing/bytes.js";
import { startQuirky } from "../../testing/quirky.js";

const repository = "acme/site";
const blob = blobOf(noise(300_000));
const open = (): AsyncIterable<Uint8Array> => chunksOf(blob.bytes);
const head = `HEAD /v2/acme/site/blobs/${blob.digest}`;
const post = "POST /v2/acme/site/blobs/uploads/";
const put = expect.stringMatching(/^PUT \/v2\/acme\/site\/blobs\/uploads\/[0-9a-f-]+\?… 201$/u) as string;

test("an upload is HEAD, POST, and one PUT with its length", async () => {
  const { registry, server, requests } = await startQuirky();
  expect(await registry.pushBlob(repository, blob, open)).toBe("uploaded");
  expect(server.requests.at(-1)?.headers["content-length"]).toBe("300000");
  expect(server.requests.at(-1)?.headers["transfer-encoding"]).toBeUndefined();
  expect(requests()).toEqual([`${head} 404`, `${post} 202`, put]);
  expect(await registry.pushBlob(repository, blob, open)).toBe("exists");
  expect(requests()).toEqual([`${head} 200`]);
});

describe("a blob HEAD that tells nothing", () => {
  test.each([401, 403, 404, 405])("%d is an upload", async (headStatus) => {
    const { registry, requests } = await startQuirky({ headStatus });
    expect(await registry.statBlob(repository, blob.digest)).toBeUndefined();
    expect(await registry.pushBlob(repository, blob, open)).toBe("uploaded");
    expect(requests().slice(1)).toEqual([`${head} ${headStatus}`, `${post} 202`, put]);
  });

  test("400 is an error", async () => {
    const { registry } = await startQuirky({ headStatus: 400 });
    await expect(registry.pushBlob(repository, blob, open)).rejects.toMatchObject({
      code: "Rejected",
      status: 400,
    });
  });
});

describe("a mount", () => {
  test("sends no byte", async () => {
    const { registry, server, requests } = await startQuirky();
    await server.registry.pushBlob("acme/base", blob, open);
    expect(await registry.pushBlob(repository, blob, open, { mountFrom: "acme/base" })).toBe("mounted");
    expect(requests()).toEqual([`${head} 404`, `${post}?… 201`]);
  });

  test("that becomes a session is used as one", async () => {
    const { registry, requests } = await startQuirky();
    expect(await registry.pushBlob(repository, blob, open, { mountFrom: "acme/base" })).toBe("uploaded");
    expect(requests()).toEqual([`${head} 404`, `${post}?… 202`, put]);
  });

  test.each([400, 401, 403, 404, 405])("that is refused with %d is an upload", async (status) => {
    const { registry, requests } = await startQuirky({ fail: { status, times: 1, path: /mount=/u } });
    expect(await registry.pushBlob(repository, blob, open, { mountFrom: "acme/base" })).toBe("uploaded");
    expect(requests()).toEqual([`${head} 404`, `${post}?… ${status}`, `${post} 202`, put]);
  });
});

describe("a Location", () => {
  test.each([
    ["absolute path", "/v2/acme/site/blobs/uploads/{id}"],
    ["relative", "{id}"],
    ["with a query that is kept as it is", "/v2/acme/site/blobs/uploads/{id}?_state=a%2Bb%20c+d&x"],
  ])("%s", async (_name, uploadLocation) => {
    const { registry, server } = await startQuirky({ uploadLocation });
    expect(await registry.pushBlob(repository, blob, open)).toBe("uploaded");
    const query = /\?(.*)$/u.exec(uploadLocation)?.[1];
    const digest = `digest=${encodeURIComponent(blob.digest)}`;
    expect(server.requests.at(-1)?.path.split("?")[1]).toBe(
      query === undefined ? digest : `${query}&${digest}`,
    );
  });

  test("on another origin gets the bytes and no credentials", async () => {
    const other = await startQuirky();
    const { registry } = await startQuirky(
      {
        uploadLocation: `${other.server.url}/upload/{id}?sig=1`,
        basicAuth: { username: "ann", password: "secret" },
      },
      {
        authenticator: {
          current: () => `Basic ${Buffer.from("ann:secret").toString("base64")}`,
          answer: async () => undefined,
        },
      },
    );
    await expect(registry.pushBlob(repository, blob, open)).rejects.toMatchObject({ code: "NotFound" });
    expect(other.server.requests.length).toBeGreaterThan(0);
    for (const { headers } of other.server.requests) expect(headers.authorization).toBeUndefined();
  });

  test.each(["", "file:///tmp/x", "http://a:b@127.0.0.1/x"])("%j is refused", async (uploadLocation) => {
    const { registry } = await startQuirky({ uploadLocation });
    await expect(registry.pushBlob(repository, blob, open)).rejects.toMatchObject({ code: "UnsafeRedirect" });
  });
});

describe("an upload that fails for a moment starts again with all its bytes", () => {
  test.each([408, 409, 429, 500, 502, 503, 504, 404, 416])("after a %d to the PUT", async (status) => {
    const { registry, server } = await startQuirky({ fail: { status, times: 2, path: /^PUT/u } });
    let opened = 0;
    const pushed = await registry.pushBlob(repository, blob, () => {
      opened += 1;
      return open();
    });
    expect([pushed, opened]).toEqual(["uploaded", 3]);
    expect(Buffer.compare(await collect(server.registry.readBlob(repository, blob)), blob.bytes)).toBe(0);
  });

  test("as long as the registry asks it to wait", async () => {
    const { registry, sleeps } = await startQuirky({
      fail: { status: 503, times: 1, path: /^PUT/u, headers: { "retry-after": "7" } },
    });
    await registry.pushBlob(repository, blob, open);
    expect(sleeps).toEqual([7000]);
  });

  test("but not for ever", async () => {
    const { registry } = await startQuirky({ fail: { status: 500, times: 100, path: /^PUT/u } });
    await expect(registry.pushBlob(repository, blob, open)).rejects.toMatchObject({
      code: "Unavailable",
      status: 500,
    });
  });

  test("a conflict neither, and it is not called a refused credential", async () => {
    const body = '{"errors":[{"code":"DENIED","message":"somebody else pushes it"}]}';
    const { registry, sleeps } = await startQuirky({
      fail: { status: 409, times: 100, path: /^PUT/u, body },
    });
    await expect(registry.pushBlob(repository, blob, open)).rejects.toMatchObject({
      code: "Conflict",
      status: 409,
    });
    expect(sleeps).toHaveLength(4);
  });

  test("and not when it was refused", async () => {
    const { registry, requests } = await startQuirky({
      fail: {
        status: 403,
        times: 1,
        path: /^PUT/u,
        body: '{"errors":[{"code":"DENIED","message":"quota exceeded"}]}',
      },
    });
    await expect(registry.pushBlob(repository, blob, open)).rejects.toMatchObject({
      code: "SizeExceeded",
      message: expect.stringContaining("quota exceeded") as string,
    });
    expect(requests()).toHaveLength(3);
  });
});

test("bytes of another length are found out here", async () => {
  const { registry } = await startQuirky();
  for (const bytes of [blob.bytes.subarray(1), Buffer.concat([blob.bytes, blob.bytes])]) {
    await expect(registry.pushBlob(repository, blob, () => chunksOf(bytes))).rejects.toMatchObject({
      code: "InvalidArgument",
    });
  }
});

describe("a probe", () => {
  test("opens a session and cancels it", async () => {
    const { registry, requests } = await startQuirky();
    expect(await registry.probeUpload(repository)).toBe("cancelled");
    expect(requests()).toEqual([
      `${post} 202`,
      expect.stringMatching(/^DELETE \/v2\/acme\/site\/blobs\/uploads\/[0-9a-f-]+ 204$/u),
    ]);
  });

  test("that cannot be cancelled leaves the session", async () => {
    const { registry } = await startQuirky({ fail: { status: 405, times: 1, path: /uploads\/[0-9a-f]/u } });
    expect(await registry.probeUpload(repository)).toBe("left");
  });

  test("that is refused is an error", async () => {
    const { registry } = await startQuirky({ fail: { status: 403, times: 1, path: /uploads/u } });
    await expect(registry.probeUpload(repository)).rejects.toMatchObject({ code: "Forbidden" });
  });
});
