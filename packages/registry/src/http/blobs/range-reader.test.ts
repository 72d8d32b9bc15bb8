import type { Quirks } from "@blob/testing";
import { describe, expect, test } from "vitest";
import { chunksOf, blobOf, collect, noise } from "../../testing/bytes.js";
import type { Quirky } from "../../testing/quirky.js";
import { startQuirky } from "../../testing/quirky.js";

const repository = "acme/site";
const blob = blobOf(noise(500_000));
const range = { offset: 1000, length: 200_000 };
const part = blob.bytes.subarray(1000, 201_000);

async function startWithBlob(quirks: Quirks): Promise<Quirky> {
  const quirky = await startQuirky(quirks);
  await quirky.server.registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  return quirky;
}

describe("replies to a range that are used", () => {
  test.each<[string, Quirks]>([
    ["206 with the range", {}],
    ["200 with the whole blob", { ignoreRange: true }],
    ["200 with a Content-Range that fits", { rangeAs200: true }],
    ["a Content-Range without the total", { contentRange: "bytes 1000-200999/*" }],
    ["one byte at a time", { oneByteAtATime: true }],
    ["after a redirect", { redirectBlobs: true }],
  ])("%s", async (_name, quirks) => {
    const { registry, server } = await startWithBlob(quirks);
    const small = quirks.oneByteAtATime === true ? { offset: 1000, length: 300 } : range;
    if (quirks.oneByteAtATime === true) server.quirks.ignoreRange = false;
    const bytes = await collect(registry.readBlob(repository, blob, { range: small }));
    expect(Buffer.compare(bytes, part.subarray(0, small.length))).toBe(0);
  });

  test("are one range each, uncompressed", async () => {
    const { registry, server } = await startWithBlob({});
    await collect(registry.readBlob(repository, blob, { range }));
    expect(server.requests.map(({ headers }) => [headers.range, headers["accept-encoding"]])).toEqual([
      ["bytes=1000-200999", "identity"],
    ]);
  });

  test("of a whole blob are asked for without a range", async () => {
    const { registry, server } = await startWithBlob({});
    await collect(registry.readBlob(repository, blob));
    await collect(registry.readBlob(repository, blob, { range: { offset: 0, length: blob.size } }));
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
  });

  test("of a server that ignores ranges are not read further than needed", async () => {
    const { registry, server } = await startQuirky({ ignoreRange: true });
    const large = blobOf(noise(20_000_000));
    await server.registry.pushBlob(repository, large, () => chunksOf(large.bytes));
    const bytes = await collect(registry.readBlob(repository, large, { range: { offset: 10, length: 10 } }));
    expect(Buffer.compare(bytes, large.bytes.subarray(10, 20))).toBe(0);
    expect(server.requests[0]?.bytesSent).toBeLessThan(20_000_000);
  });
});

describe("replies to a range that are refused before a byte is handed on", () => {
  test.each<[string, Quirks]>([
    ["no Content-Range", { contentRange: "" }],
    ["another start", { contentRange: "bytes 1001-200999/500000" }],
    ["another end", { contentRange: "bytes 1000-200998/500000" }],
    ["another total", { contentRange: "bytes 1000-200999/500001" }],
    ["a malformed one", { contentRange: "bytes 1000-200999" }],
    ["another unit", { contentRange: "items 1000-200999/500000" }],
    ["200 with another range", { rangeAs200: true, contentRange: "bytes 0-199999/500000" }],
  ])("%s", async (_name, quirks) => {
    const { registry } = await startWithBlob(quirks);
    let got = 0;
    const reading = (async () => {
      for await (const chunk of registry.readBlob(repository, blob, { range })) got += chunk.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: "InvalidResponse", digest: blob.digest });
    expect(got).toBe(0);
  });

  test("416", async () => {
    const { registry } = await startWithBlob({});
    const pretended = { ...blob, size: blob.size * 3 };
    const reading = collect(
      registry.readBlob(repository, pretended, { range: { offset: 600_000, length: 1 } }),
    );
    await expect(reading).rejects.toMatchObject({ code: "InvalidResponse", status: 416 });
  });

  test("a body of another length than the blob's", async () => {
    const { registry } = await startWithBlob({});
    const pretended = { ...blob, size: blob.size + 1 };
    await expect(collect(registry.readBlob(repository, pretended))).rejects.toMatchObject({
      code: "InvalidResponse",
    });
  });
});

describe("a body that breaks off", () => {
  test.each<[string, Quirks]>([
    ["with an error", { breakBodyAfter: 70_000, breakTimes: 3 }],
    ["when ranges are ignored", { breakBodyAfter: 150_000, breakTimes: 2, ignoreRange: true }],
    ["in the middle of a redirect's target", { breakBodyAfter: 70_000, breakTimes: 2, redirectBlobs: true }],
  ])("%s is continued after the last good byte", async (_name, quirks) => {
    const { registry } = await startWithBlob(quirks);
    const bytes = await collect(registry.readBlob(repository, blob, { range }));
    expect(Buffer.compare(bytes, part)).toBe(0);
  });

  test("is continued by a range, also when the whole blob was wanted", async () => {
    const { registry, server } = await startWithBlob({ breakBodyAfter: 70_000, breakTimes: 1 });
    expect(Buffer.compare(await collect(registry.readBlob(repository, blob)), blob.bytes)).toBe(0);
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, "bytes=70000-499999"]);
  });

  test("without an error is noticed and continued", async () => {
    const { registry } = await startWithBlob({ shortChunkedBody: 70_000 });
    expect(Buffer.compare(await collect(registry.readBlob(repository, blob, { range })), part)).toBe(0);
  });

  test("again and again without a byte ends in an error", async () => {
    const { registry, server } = await startWithBlob({ breakBodyAfter: 0 });
    await expect(collect(registry.readBlob(repository, blob, { range }))).rejects.toMatchObject({
      code: "Network",
    });
    expect(server.requests).toHaveLength(5);
  });
});

test("a wrong byte in a whole blob throws instead of ending", async () => {
  const { registry, server } = await startWithBlob({});
  server.damage(blob.digest);
  await expect(collect(registry.readBlob(repository, blob))).rejects.toMatchObject({
    code: "DigestMismatch",
    digest: blob.digest,
  });
});

test("nothing is sent before somebody reads, and nothing for an empty range or blob", async () => {
  const { registry, requests } = await startWithBlob({});
  registry.readBlob(repository, blob);
  expect(await collect(registry.readBlob(repository, blobOf("")))).toHaveLength(0);
  expect(
    await collect(registry.readBlob(repository, blob, { range: { offset: 5, length: 0 } })),
  ).toHaveLength(0);
  expect(requests()).toEqual([]);
});

test("leaving the loop frees the connection", async () => {
  const { registry, server } = await startQuirky({});
  const large = blobOf(noise(20_000_000));
  await server.registry.pushBlob(repository, large, () => chunksOf(large.bytes));
  for (let times = 0; times < 10; times += 1) {
    for await (const chunk of registry.readBlob(repository, large)) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  }
  await expect.poll(() => server.connections()).toBeLessThanOrEqual(1);
});

test("reading to the end keeps the connection for the next range", async () => {
  const { registry, server } = await startWithBlob({});
  for (let times = 0; times < 5; times += 1) await collect(registry.readBlob(repository, blob, { range }));
  // Two, because the pool may not yet know that the first one is free again.
  expect(await server.connections()).toBeLessThanOrEqual(2);
});

describe("where a redirect led", () => {
  const get = `GET /v2/acme/site/blobs/${blob.digest}`;
  const storage = `GET /acme/site/${blob.digest}?…`;

  test("is asked directly the next time, without credentials", async () => {
    const { registry, server, requests } = await startWithBlob({ redirectBlobs: true });
    for (let times = 0; times < 3; times += 1) await collect(registry.readBlob(repository, blob, { range }));
    expect(server.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    expect(requests()).toEqual([`${get} 307`, `${storage} 206`, `${storage} 206`, `${storage} 206`]);
  });

  test("is asked for again when it has expired", async () => {
    const { registry, requests } = await startWithBlob({ redirectBlobs: true, linkUses: 2 });
    for (let times = 0; times < 3; times += 1) {
      expect(Buffer.compare(await collect(registry.readBlob(repository, blob, { range })), part)).toBe(0);
    }
    expect(requests()).toEqual([
      `${get} 307`,
      `${storage} 206`,
      `${storage} 206`,
      `${storage} 403`,
      `${get} 307`,
      `${storage} 206`,
    ]);
  });

  test("is asked for again once, however many wait for it", async () => {
    const { registry, server, requests } = await startWithBlob({ redirectBlobs: true, linkUses: 1 });
    await collect(registry.readBlob(repository, blob, { range }));
    server.quirks.linkUses = 100;
    requests();
    const reads = Array.from({ length: 8 }, () => collect(registry.readBlob(repository, blob, { range })));
    for (const bytes of await Promise.all(reads)) expect(Buffer.compare(bytes, part)).toBe(0);
    const seen = requests();
    expect(seen.filter((request) => request === `${get} 307`)).toHaveLength(1);
    expect(seen.filter((request) => request === `${storage} 206`)).toHaveLength(8);
  });

  test("never shows its signature in an error", async () => {
    const { registry } = await startWithBlob({ redirectBlobs: true, linkUses: 0 });
    const error: unknown = await collect(registry.readBlob(repository, blob)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "Forbidden", status: 403 });
    expect(JSON.stringify([String(error), error])).not.toContain("secret");
  });
});

describe("redirects that are not followed", () => {
  test.each([["file:///etc/passwd"], ["http://user:secret@127.0.0.1/x"], ["http://[bad"]])(
    "to %s",
    async (redirectTo) => {
      const { registry } = await startWithBlob({ redirectTo });
      const error: unknown = await collect(registry.readBlob(repository, blob)).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: "UnsafeRedirect" });
      expect(String(error)).not.toContain("secret");
    },
  );

  test("more than ten", async () => {
    const { registry, server, requests } = await startWithBlob({});
    server.quirks.redirectTo = `/v2/${repository}/blobs/${blob.digest}`;
    await expect(collect(registry.readBlob(repository, blob))).rejects.toMatchObject({
      code: "UnsafeRedirect",
    });
    expect(requests()).toHaveLength(11);
  });
});

test("an abort between two chunks throws the reason and frees the connection", async () => {
  const { registry, server } = await startQuirky({});
  const large = blobOf(noise(20_000_000));
  await server.registry.pushBlob(repository, large, () => chunksOf(large.bytes));
  const controller = new AbortController();
  const reason = new Error("enough");
  const reading = (async () => {
    for await (const chunk of registry.readBlob(repository, large, { signal: controller.signal })) {
      expect(chunk.length).toBeGreaterThan(0);
      controller.abort(reason);
    }
  })();
  await expect(reading).rejects.toBe(reason);
  await expect.poll(() => server.connections()).toBe(0);
});
