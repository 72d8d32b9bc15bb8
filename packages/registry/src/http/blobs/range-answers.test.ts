import { describe, expect, test } from "vitest";
import { blobOf, collect, noise } from "../../testing/bytes.js";
import type { FakeEndpoint, PlacedReply } from "../../testing/fake-endpoint.js";
import { fakeEndpoint } from "../../testing/fake-endpoint.js";
import { createBlobLinks } from "./blob-links.js";
import { networkError } from "../layers/network-error.js";
import { readRange } from "./range-reader.js";

const blob = blobOf("abcdefghijklmnopqrstuvwxyz");
const mebibyte = 1024 * 1024;
const broken = networkError(
  "registry.example.com",
  Object.assign(new Error("reset"), { code: "ECONNRESET" }),
);

function reading(
  { endpoint }: FakeEndpoint,
  [start, end]: readonly [number, number],
  { of: whole = blob, signal }: { of?: typeof blob; signal?: AbortSignal } = {},
): AsyncGenerator<Uint8Array> {
  return readRange(endpoint, createBlobLinks(), { repository: "acme/site", blob: whole, start, end, signal });
}

const read = async (...args: Parameters<typeof reading>): Promise<string> =>
  (await collect(reading(...args))).toString();

const rangesOf = ({ requests }: FakeEndpoint): unknown[] => requests.map(({ headers }) => headers["range"]);

/** Some letters, a few at a time. */
const letters = (text: string, atATime = 5): Buffer[] =>
  (text.match(new RegExp(`.{1,${atATime}}`, "gu")) ?? []).map((some) => Buffer.from(some));

function part(contentRange: string, text: string, more: Record<string, string> = {}): PlacedReply {
  return { status: 206, headers: { "content-range": contentRange, ...more }, pieces: letters(text) };
}
const whole: PlacedReply = { status: 200, pieces: letters(blob.bytes.toString()) };

describe("what is asked for", () => {
  test.each([
    [0, 26, undefined],
    [0, 25, "bytes=0-24"],
    [1, 26, "bytes=1-25"],
    [7, 8, "bytes=7-7"],
  ])("from %d to %d", async (start, end, range) => {
    const endpoint = fakeEndpoint(whole);
    expect(await read(endpoint, [start, end])).toBe(blob.bytes.toString().slice(start, end));
    expect(rangesOf(endpoint)).toEqual([range]);
    expect(endpoint.requests[0]?.headers["accept-encoding"]).toBe("identity");
    expect(endpoint.sleeps).toEqual([]);
  });

  test("is nothing, where nothing is wanted", async () => {
    const endpoint = fakeEndpoint(whole);
    expect(await read(endpoint, [7, 7])).toBe("");
    expect(endpoint.requests).toEqual([]);
  });
});

describe("of an answer", () => {
  test("that is the part, everything is read, so that its connection can be used again", async () => {
    const endpoint = fakeEndpoint(part("bytes 5-14/26", "fghijklmno", { "content-length": "10" }));
    expect(await read(endpoint, [5, 15])).toBe("fghijklmno");
    expect(endpoint.left).toEqual(["read 1"]);
  });

  test("that calls the part the whole, it is the part (peer-to-peer mirrors)", async () => {
    const endpoint = fakeEndpoint({ ...part("bytes 5-14/26", "fghijklmno"), status: 200 });
    expect(await read(endpoint, [5, 15])).toBe("fghijklmno");
  });

  test("that goes on after its part, no more is handed on", async () => {
    const endpoint = fakeEndpoint(part("bytes 5-11/*", "fghijklmno"));
    expect(await read(endpoint, [5, 12])).toBe("fghijkl");
  });

  test.each([
    ["in the middle of a piece", 5, 12, "stopped 1"],
    ["where a piece ends", 5, 15, "stopped 1"],
    ["where the blob ends", 5, 26, "read 1"],
  ])("that is the whole, no more is read than needed: %s", async (_name, start, end, left) => {
    const endpoint = fakeEndpoint(whole);
    const pieces: string[] = [];
    for await (const piece of reading(endpoint, [start, end])) pieces.push(Buffer.from(piece).toString());
    expect(pieces).toEqual(letters(blob.bytes.toString().slice(start, end)).map(String));
    expect(endpoint.left).toEqual([left]);
  });

  test("that is the whole, nothing is waited for after what is wanted", async () => {
    // Whoever reads on runs into the error.
    for (const end of [10, 12, 15]) {
      const pieces = [...letters("abcdefghijklmno"), new Error("read on")];
      expect(await read(fakeEndpoint({ status: 200, pieces }), [5, end])).toBe(
        "fghijklmno".slice(0, end - 5),
      );
    }
  });
});

describe("an answer is refused before a byte of it is handed on, and let go", () => {
  const asked = "registry.example.com: cannot read the blob";
  test.each<[string, PlacedReply, string]>([
    ["a part without a range", { status: 206 }, "a partial answer does not say which part it is"],
    ["another part", part("bytes 4-15/27", "x"), "asked for the bytes 5 to 14 of 26, it sent 4 to 15 of 27"],
    ["another end", part("bytes 5-15/26", "x"), "asked for the bytes 5 to 14 of 26, it sent 5 to 15 of 26"],
    ["another whole", part("bytes 5-14/27", "x"), "asked for the bytes 5 to 14 of 26, it sent 5 to 14 of 27"],
    [
      "another start, of who knows what",
      part("bytes 4-14/*", "x"),
      "asked for the bytes 5 to 14 of 26, it sent 4 to 14 of unknown",
    ],
    [
      "a part of another length",
      part("bytes 5-14/26", "x", { "content-length": "11" }),
      "it sends 11 bytes where 10 were expected",
    ],
    [
      "a whole of another length",
      { status: 200, headers: { "content-length": "27" } },
      "it sends 27 bytes where 26 were expected",
    ],
  ])("%s", async (_name, reply, why) => {
    const endpoint = fakeEndpoint(reply);
    const failing = read(endpoint, [5, 15]);
    await expect(failing).rejects.toMatchObject({
      code: "InvalidResponse",
      reference: "registry.example.com/acme/site",
      digest: blob.digest,
    });
    await expect(failing).rejects.toThrow(`${asked} ${blob.digest} of acme/site: ${why}`);
    expect(endpoint.left).toEqual(["cancelled 1"]);
    expect(endpoint.requests).toHaveLength(1);
  });

  test.each([204, 404, 500])("%d", async (status) => {
    const endpoint = fakeEndpoint({ status });
    await expect(read(endpoint, [5, 15])).rejects.toMatchObject({
      status,
      digest: blob.digest,
      reference: "registry.example.com/acme/site",
      message: expect.stringContaining(`read the blob ${blob.digest} of acme/site`) as string,
    });
    expect(endpoint.requests).toHaveLength(1);
  });
});

describe("a body that breaks off", () => {
  test("goes on after the last byte", async () => {
    const endpoint = fakeEndpoint(
      { status: 200, pieces: [...letters("abcdefg"), broken] },
      part("bytes 7-25/26", "hij"),
      part("bytes 10-25/26", "klmnopqrstuvwxyz"),
    );
    expect(await read(endpoint, [0, 26])).toBe(blob.bytes.toString());
    expect(rangesOf(endpoint)).toEqual([undefined, "bytes=7-25", "bytes=10-25"]);
    expect(endpoint.sleeps).toEqual([125, 250]);
  });

  test.each([
    [0, 26],
    [2 * mebibyte, 2 * mebibyte + 26],
  ])("from %d again and again is the error, after five requests", async (start, end) => {
    const large = { ...blob, size: 3 * mebibyte };
    const range = { "content-range": `bytes ${start}-${end - 1}/*` };
    const endpoint = fakeEndpoint({ status: 206, headers: range, pieces: [broken] });
    await expect(read(endpoint, [start, end], { of: large })).rejects.toBe(broken);
    expect(endpoint.sleeps).toEqual([125, 250, 500, 1000]);
  });

  test("again and again without saying why is an error that says where", async () => {
    const endpoint = fakeEndpoint(part("bytes 5-14/26", "fgh"), part("bytes 8-14/26", ""));
    await expect(read(endpoint, [5, 15])).rejects.toMatchObject({
      code: "Network",
      host: "registry.example.com",
      digest: blob.digest,
      message: expect.stringContaining("breaks off after 8 of 15 bytes, again and again") as string,
    });
    expect(endpoint.requests).toHaveLength(5);
  });

  test.each([
    [mebibyte, [125, 125, 125, 125, 125, 125]],
    [mebibyte - 1, [125, 250, 500, 1000]],
  ])("after %d bytes each time is not given up before its time", async (step, sleeps) => {
    const content = blobOf(noise(6 * mebibyte + 1));
    const replies = Array.from({ length: 7 }, (_, at): PlacedReply => {
      const start = at * step;
      return {
        status: 206,
        headers: { "content-range": `bytes ${start}-${content.size - 1}/${content.size}` },
        pieces: [content.bytes.subarray(start, start + step), broken],
      };
    });
    const endpoint = fakeEndpoint(...replies);
    const got = await collect(reading(endpoint, [0, content.size], { of: content })).catch(
      (error: unknown) => error,
    );
    if (step === mebibyte) expect(Buffer.compare(got as Buffer, content.bytes)).toBe(0);
    else expect(got).toBe(broken);
    expect(endpoint.sleeps).toEqual(sleeps);
  });

  test("for a reason that stays is an error at once", async () => {
    const failure = new Error("disk on fire");
    const endpoint = fakeEndpoint({ status: 200, pieces: [...letters("abc"), failure] });
    await expect(read(endpoint, [0, 26])).rejects.toBe(failure);
    expect([endpoint.requests.length, endpoint.sleeps]).toEqual([1, []]);
  });

  test("because it was aborted is the reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const endpoint = fakeEndpoint({ status: 200, pieces: [...letters("abc"), new Error("aborted")] });
    const aborting = (async () => {
      for await (const piece of reading(endpoint, [0, 26], { signal: controller.signal })) {
        expect(piece).toHaveLength(3);
        controller.abort(reason);
      }
    })();
    await expect(aborting).rejects.toBe(reason);
  });
});
