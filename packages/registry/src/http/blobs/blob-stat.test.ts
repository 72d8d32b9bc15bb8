import { describe, expect, test } from "vitest";
import { blobOf } from "../../testing/bytes.js";
import type { PlacedReply } from "../../testing/fake-endpoint.js";
import { fakeEndpoint } from "../../testing/fake-endpoint.js";
import type { BlobFinding, BlobQuestion } from "./blob-stat.js";
import { lookForBlob, statBlob } from "./blob-stat.js";

const { digest } = blobOf("a blob");
const other = blobOf("another").digest;
const sha512 = `sha512:${"a".repeat(128)}`;
const { signal } = new AbortController();
const question: BlobQuestion = { repository: "acme/site", digest, actions: "pull", signal };
const cdn = { url: "https://cdn.example.com/x", redirected: "elsewhere" } as const;
const inside = { url: "https://registry.example.com/login", redirected: "inside" } as const;

const says = (headers: Record<string, string>, more: Partial<PlacedReply> = {}): PlacedReply => ({
  status: 200,
  headers,
  ...more,
});
const partOf = (total: string): PlacedReply => ({
  status: 206,
  headers: { "content-range": `bytes 0-0/${total}`, "content-length": "1" },
});
const found = (size: number, otherDigest?: typeof other): BlobFinding => ({
  kind: "found",
  size,
  otherDigest,
});
const absent: BlobFinding = { kind: "absent" };
const untold: BlobFinding = { kind: "untold" };

interface Row {
  readonly name: string;
  readonly replies: readonly PlacedReply[];
  readonly finding: BlobFinding;
  readonly size?: number;
}

const length = (bytes: number): PlacedReply => says({ "content-length": String(bytes) });
const html = { "content-type": "text/html; charset=utf-8" };

const settledByHead: readonly Row[] = [
  { name: "a length", replies: [length(7)], finding: found(7) },
  { name: "a length that is not the expected one", replies: [length(7)], finding: found(7), size: 8 },
  { name: "a length of 0 where nothing is known", replies: [length(0)], finding: found(0) },
  { name: "a length of 0 of an empty blob", replies: [length(0)], finding: found(0), size: 0 },
  {
    name: "its digest",
    replies: [says({ "content-length": "7", "docker-content-digest": digest })],
    finding: found(7),
  },
  {
    name: "another digest",
    replies: [says({ "content-length": "7", "docker-content-digest": other })],
    finding: found(7, other),
  },
  {
    name: "a digest of another algorithm",
    replies: [says({ "content-length": "7", "docker-content-digest": sha512 })],
    finding: found(7),
  },
  {
    name: "the digest, and calls it HTML",
    replies: [says({ ...html, "content-length": "7", "docker-content-digest": digest })],
    finding: found(7),
  },
  {
    name: "text, or JSON, or bytes, or no type at all",
    replies: [says({ "content-type": "text/plain", "content-length": "7" })],
    finding: found(7),
  },
  {
    name: "JSON",
    replies: [says({ "content-type": "application/json", "content-length": "7" })],
    finding: found(7),
  },
  {
    name: "bytes from elsewhere",
    replies: [says({ "content-type": "application/octet-stream", "content-length": "7" }, { from: cdn })],
    finding: found(7),
  },
  { name: "no type from elsewhere", replies: [{ ...length(7), from: cdn }], finding: found(7) },
  { name: "404", replies: [{ status: 404 }], finding: absent },
  { name: "404 from elsewhere", replies: [{ status: 404, from: cdn }], finding: absent },
  { name: "401", replies: [{ status: 401 }], finding: untold },
  { name: "401 from elsewhere", replies: [{ status: 401, from: cdn }], finding: untold },
  { name: "403", replies: [{ status: 403 }], finding: untold },
  { name: "403 after a redirect to itself", replies: [{ status: 403, from: inside }], finding: untold },
  { name: "405", replies: [{ status: 405 }], finding: untold },
];

const doubtful: [string, PlacedReply, number?][] = [
  ["no length", says({})],
  ["a length that is none", says({ "content-length": "7 bytes" })],
  ["a length with more before it", says({ "content-length": "about 7" })],
  ["a length beyond all reason", says({ "content-length": "1".repeat(16) })],
  ["a length of 0 of a blob that is not empty", length(0), 7],
  ["HTML", says({ ...html, "content-length": "7" })],
  ["XHTML", says({ "content-type": "application/xhtml+xml", "content-length": "7" })],
  ["text from elsewhere", says({ "content-type": "text/plain", "content-length": "7" }, { from: cdn })],
  ["JSON from elsewhere", says({ "content-type": "application/json", "content-length": "7" }, { from: cdn })],
  ["text after a redirect", says({ "content-type": "text/plain", "content-length": "7" }, { from: inside })],
  ["403 from elsewhere (GHCR)", { status: 403, from: cdn }],
];

const firstBytes: readonly (readonly [string, PlacedReply, BlobFinding])[] = [
  ["a part", partOf("7"), found(7)],
  [
    "a part of a digest of its own",
    { ...partOf("7"), headers: { ...partOf("7").headers, "docker-content-digest": other } },
    found(7),
  ],
  ["a part of an unknown whole", partOf("*"), untold],
  ["a part that does not say which", { status: 206, headers: { "content-length": "1" } }, untold],
  ["the whole", length(7), found(7)],
  [
    "the whole, of another digest",
    says({ "content-length": "7", "docker-content-digest": other }),
    found(7, other),
  ],
  [
    "the whole, and calls it a part (peer-to-peer mirrors)",
    says({ "content-length": "7", "content-range": "bytes 0-0/7", "docker-content-digest": other }),
    found(7),
  ],
  ["the whole without a length", says({}), untold],
  ["a page", says({ ...html, "content-length": "7" }), untold],
  ["that there is no first byte", { status: 416, headers: { "content-range": "bytes */0" } }, found(0)],
  ["that there is none, and not why", { status: 416 }, untold],
  [
    "that there is none, of an unknown whole",
    { status: 416, headers: { "content-range": "bytes */*" } },
    untold,
  ],
  [
    "that there is none, in other words",
    { status: 416, headers: { "content-range": "no bytes */0 or so" } },
    untold,
  ],
  [
    "that there is none, in more words",
    { status: 416, headers: { "content-range": "bytes */0 or so" } },
    untold,
  ],
  ["that it is not there", { status: 404 }, absent],
  ["nothing", { status: 403 }, untold],
];

describe("a HEAD that has", () => {
  test.each(settledByHead)("$name settles it", async ({ replies, finding, size }) => {
    const { endpoint, requests, left } = fakeEndpoint(...replies);
    expect(await lookForBlob(endpoint, { ...question, size })).toEqual(finding);
    expect(requests).toMatchObject([
      {
        method: "HEAD",
        url: { href: `https://registry.example.com/v2/acme/site/blobs/${digest}` },
        auth: { host: "registry.example.com", scopes: ["repository:acme/site:pull"] },
        signal,
      },
    ]);
    expect(requests[0]?.headers).toEqual({ "accept-encoding": "identity" });
    expect(left).toEqual(["read 1"]);
  });

  test.each<[string, PlacedReply, number?]>(doubtful)(
    "%s is followed by a look at the first byte",
    async (_name, head, size) => {
      const { endpoint, requests, left } = fakeEndpoint(head, partOf("9"));
      expect(await lookForBlob(endpoint, { ...question, size, actions: "pull,push" })).toEqual(found(9));
      expect(requests.map(({ method, headers, auth }) => [method, headers["range"], auth?.scopes])).toEqual([
        ["HEAD", undefined, ["repository:acme/site:pull,push"]],
        ["GET", "bytes=0-0", ["repository:acme/site:pull,push"]],
      ]);
      expect([left.length, left[1]]).toEqual([2, "cancelled 2"]);
    },
  );

  test.each([
    [429, "RateLimited"],
    [500, "Unavailable"],
    [418, "Rejected"],
    [204, "InvalidResponse"],
    [206, "InvalidResponse"],
    [416, "InvalidResponse"],
  ])("%d is an error: %s", async (status, code) => {
    const { endpoint, requests } = fakeEndpoint({ status, headers: { "content-length": "7" } });
    await expect(lookForBlob(endpoint, question)).rejects.toMatchObject({
      code,
      status,
      digest,
      host: "registry.example.com",
      reference: "registry.example.com/acme/site",
      message: expect.stringContaining(`look for the blob ${digest} in acme/site`) as string,
    });
    expect(requests).toHaveLength(1);
  });
});

describe("a first byte that is answered with", () => {
  test.each(firstBytes)("%s", async (_name, reply, finding) => {
    const { endpoint, left } = fakeEndpoint(says({}), reply);
    expect(await lookForBlob(endpoint, question)).toEqual(finding);
    expect(left).toEqual(["read 1", "cancelled 2"]);
  });

  test.each([
    [500, "Unavailable"],
    [400, "Rejected"],
    [204, "InvalidResponse"],
  ])("%d is an error: %s", async (status, code) => {
    const { endpoint } = fakeEndpoint(says({}), { status, body: "because" });
    await expect(lookForBlob(endpoint, question)).rejects.toMatchObject({ code, status });
  });
});

describe("a HEAD that is refused as bad", () => {
  const reason = JSON.stringify({ errors: [{ code: "UNSUPPORTED", message: "in plain words" }] });

  test("is asked again for the reason", async () => {
    const { endpoint, requests } = fakeEndpoint({ status: 400 }, { status: 400, body: reason });
    await expect(lookForBlob(endpoint, question)).rejects.toMatchObject({
      code: "Rejected",
      status: 400,
      message: expect.stringContaining("in plain words") as string,
    });
    expect(requests.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
  });

  test("stays so when the GET has another answer, which is let go", async () => {
    const { endpoint, left } = fakeEndpoint({ status: 400 }, { status: 200, body: reason });
    const looking = lookForBlob(endpoint, question);
    await expect(looking).rejects.toMatchObject({ code: "Rejected", status: 400 });
    await expect(looking).rejects.not.toThrow("in plain words");
    expect(left).toContain("cancelled 2");
  });
});

test.each([
  ["its size", length(7), 7],
  [
    "nothing about one that has another digest",
    says({ "content-length": "7", "docker-content-digest": other }),
    undefined,
  ],
  ["nothing about one that is not there", { status: 404 }, undefined],
  ["nothing about one that is not told of", { status: 401 }, undefined],
] as const)("a stat tells %s", async (_name, reply, size) => {
  expect(await statBlob(fakeEndpoint(reply).endpoint, question)).toBe(size);
});
