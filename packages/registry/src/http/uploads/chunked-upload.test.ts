import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blobOf, chunksOf, collect, noise } from "../../testing/bytes.js";
import type { Quirky } from "../../testing/quirky.js";
import { startQuirky } from "../../testing/quirky.js";
import { createBodyCursor } from "./body-cursor.js";

const repository = "acme/site";
const blob = blobOf(noise(3_000_000));
const open = (): AsyncIterable<Uint8Array> => chunksOf(blob.bytes, 70_000);

async function expectStored({ server }: Quirky): Promise<void> {
  expect(Buffer.compare(await collect(server.registry.readBlob(repository, blob)), blob.bytes)).toBe(0);
}

function ranges({ server }: Quirky): (string | undefined)[] {
  return server.requests
    .filter(({ method }) => method === "PATCH")
    .map(({ headers }) => headers["content-range"]);
}

test("pieces are sent one after the other when the caller wants it, then the blob is closed", async () => {
  const quirky = await startQuirky({}, { chunkBytes: 1_000_000 });
  const seen: number[] = [];
  await quirky.registry.pushBlob(repository, blob, open, { onProgress: (sent) => seen.push(sent) });
  expect(ranges(quirky)).toEqual(["0-999999", "1000000-1999999", "2000000-2999999"]);
  expect(seen).toEqual([1_000_000, 2_000_000, 3_000_000]);
  await expectStored(quirky);
  const small = blobOf("small");
  await quirky.registry.pushBlob(repository, small, () => chunksOf(small.bytes));
  expect(ranges(quirky)).toHaveLength(3);
});

test("the registry's smallest piece is kept to", async () => {
  const quirky = await startQuirky({ chunkMinLength: 2_000_000 }, { chunkBytes: 1_000_000 });
  await quirky.registry.pushBlob(repository, blob, open);
  expect(ranges(quirky)).toEqual(["0-1999999", "2000000-2999999"]);
  await expectStored(quirky);
});

describe("a smallest piece that is larger", () => {
  test.each([
    ["than the blob is one PUT", 3_000_000, 0],
    ["than any memory is, too", 2 ** 31, 0],
    ["and still a number is, too", Number.MAX_SAFE_INTEGER, 0],
    // What is no number of bytes is no wish: then the caller's own holds.
    ["than numbers are exact is no wish", 2 ** 53, 3],
    ["than makes sense is no wish", 1e300, 3],
  ])("%s", async (_name, chunkMinLength, pieces) => {
    const quirky = await startQuirky({ chunkMinLength }, { chunkBytes: 1_000_000 });
    await quirky.registry.pushBlob(repository, blob, open);
    expect(ranges(quirky)).toHaveLength(pieces);
    await expectStored(quirky);
  });

  const large = Buffer.alloc(90_000_000, noise(1_000_003));
  const largeBlob = { ...blobOf(large), bytes: large };

  test("than what should be held in memory is streamed, and read again where it is lost", async () => {
    const quirky = await startQuirky({
      chunkMinLength: 40_000_000,
      drop: { when: "before", times: 1, path: /^PATCH/u },
      maxPutBytes: 40_000_000,
    });
    const patches = (): number => quirky.server.requests.filter(({ method }) => method === "PATCH").length;
    let opened = 0;
    /** How many bytes of the first piece had been asked for when its request arrived. */
    let before = 0;
    async function* body(): AsyncGenerator<Uint8Array> {
      opened += 1;
      for (let at = 0; at < large.length; at += 1_000_000) {
        if (patches() === 0) before = at;
        yield large.subarray(at, at + 1_000_000);
      }
    }
    expect(await quirky.registry.pushBlob(repository, largeBlob, body)).toBe("uploaded");
    expect(before).toBeLessThan(39_000_000);
    expect(opened).toBeGreaterThan(1);
    expect(await quirky.server.registry.statBlob(repository, largeBlob.digest)).toBe(90_000_000);
    expect(ranges(quirky)[0]).toBe("0-39999999");
  });
});

describe("a blob that is refused for its size", () => {
  test("goes in pieces, and so do the next ones of that size at once", async () => {
    const quirky = await startQuirky({ maxPutBytes: 1_000_000 });
    expect(await quirky.registry.pushBlob(repository, blob, open)).toBe("uploaded");
    await expectStored(quirky);
    const other = blobOf(noise(3_000_000, 7));
    quirky.server.requests.splice(0);
    expect(await quirky.registry.pushBlob(repository, other, () => chunksOf(other.bytes))).toBe("uploaded");
    expect(quirky.server.requests.map(({ method }) => method)).toEqual(["HEAD", "POST", "PATCH", "PUT"]);
  });

  test("goes in smaller pieces when those are too large as well", async () => {
    const quirky = await startQuirky({ maxPutBytes: 1_000_000, maxPatchBytes: 1_600_000 });
    expect(await quirky.registry.pushBlob(repository, blob, open)).toBe("uploaded");
    expect(ranges(quirky)).toEqual(["0-2999999", "0-1499999", "1500000-2999999"]);
    await expectStored(quirky);
  });

  test("is an error when nothing is small enough", async () => {
    const { registry } = await startQuirky({ maxPutBytes: 1000, maxPatchBytes: 1000 });
    await expect(registry.pushBlob(repository, blob, open)).rejects.toMatchObject({
      code: "SizeExceeded",
      status: 413,
    });
  });
});

describe("a piece that is lost", () => {
  test.each(["before", "after"] as const)("%s it arrived: the session tells where to go on", async (when) => {
    const quirky = await startQuirky(
      { drop: { when, times: 2, path: /^PATCH/u } },
      { chunkBytes: 1_000_000 },
    );
    expect(await quirky.registry.pushBlob(repository, blob, open)).toBe("uploaded");
    await expectStored(quirky);
    expect(quirky.server.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  test.each([416, 500, 503, 429])("to a %d is sent again", async (status) => {
    const quirky = await startQuirky(
      { fail: { status, times: 2, path: /^PATCH/u } },
      { chunkBytes: 1_000_000 },
    );
    expect(await quirky.registry.pushBlob(repository, blob, open)).toBe("uploaded");
    await expectStored(quirky);
  });

  test("with its whole session: a new one is begun", async () => {
    const quirky = await startQuirky(
      { fail: { status: 404, times: 2, path: /^(?:PATCH|GET) .*uploads/u } },
      { chunkBytes: 1_000_000 },
    );
    expect(await quirky.registry.pushBlob(repository, blob, open)).toBe("uploaded");
    await expectStored(quirky);
    expect(quirky.server.requests.filter(({ method }) => method === "POST").length).toBeGreaterThan(1);
  });
});

test("an answer that was lost after the last byte is found out by looking", async () => {
  for (const options of [{}, { chunkBytes: 1_000_000 }]) {
    const quirky = await startQuirky({ drop: { when: "after", times: 1, path: /^PUT/u } }, options);
    expect(await quirky.registry.pushBlob(repository, blob, open)).toBe("uploaded");
    await expectStored(quirky);
  }
});

test("an abort between pieces throws the reason and lets go of the bytes", async () => {
  const { registry } = await startQuirky({}, { chunkBytes: 1_000_000 });
  const controller = new AbortController();
  const reason = new Error("enough");
  let isReleased = false;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      yield* open();
    } finally {
      isReleased = true;
    }
  }
  const onProgress = (): void => controller.abort(reason);
  const pushing = registry.pushBlob(repository, blob, body, { signal: controller.signal, onProgress });
  await expect(pushing).rejects.toBe(reason);
  expect(isReleased).toBe(true);
});

test("a cursor takes the right bytes, forwards and backwards, whatever their pieces", async () => {
  const bytes = noise(200);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 60 }),
      fc.array(fc.tuple(fc.nat(200), fc.nat(200)), { maxLength: 8 }),
      async (step, takes) => {
        const cursor = createBodyCursor(() => chunksOf(bytes, step));
        for (const [a, b] of takes) {
          const [start, end] = a < b ? [a, b] : [b, a];
          const expected = bytes.subarray(start, end);
          expect(Buffer.compare(await cursor.take(start, end - start), expected)).toBe(0);
          // A stream that is left has no say about what comes after it.
          for await (const chunk of cursor.stream(a, 200 - a)) {
            expect(chunk.length).toBeGreaterThan(0);
            break;
          }
          expect(Buffer.compare(await collect(cursor.stream(start, end - start)), expected)).toBe(0);
        }
        await expect(cursor.take(199, 2)).rejects.toMatchObject({ code: "InvalidArgument" });
        await cursor.close();
      },
    ),
  );
});
