import { describe, expect, test } from "vitest";
import { blobOf } from "../../testing/bytes.js";
import type { FakeEndpoint, PlacedReply } from "../../testing/fake-endpoint.js";
import { fakeEndpoint } from "../../testing/fake-endpoint.js";
import type { Answer } from "../answers/answer.js";
import type { BlobFinding } from "./blob-stat.js";
import type { Outcome } from "../answers/proof.js";
import { isSameBlob, requireStored } from "./stored-blob.js";

const blob = blobOf("a blob");
const { digest, size } = blob;
const other = blobOf("another").digest;
const host = "registry.example.com";

const there: PlacedReply = { status: 200, headers: { "content-length": String(size) } };
const absent: PlacedReply = { status: 404 };
const untold: PlacedReply = { status: 401 };
const otherSize: PlacedReply = { status: 200, headers: { "content-length": "7777" } };
const otherDigest: PlacedReply = {
  status: 200,
  headers: { "content-length": String(size), "docker-content-digest": other },
};

function open(more: Partial<Answer> = {}): Outcome {
  const answer: Answer = {
    status: 201,
    contentType: undefined,
    from: undefined,
    isElsewhere: false,
    complaint: undefined,
    words: "",
    isPage: false,
    credentialsSent: false,
    hasChallenge: false,
    retryAfterMs: undefined,
    ...more,
  };
  return { kind: "open", answer };
}
const proved: Outcome = { kind: "proved" };

async function required(
  { endpoint }: FakeEndpoint,
  outcome: Outcome,
  { hadOther = false, signal }: { hadOther?: boolean; signal?: AbortSignal } = {},
): Promise<void> {
  const question = { repository: "acme/site", digest, size, actions: "pull,push", signal } as const;
  const failed = { host, action: "push the blob", reference: "acme/site", digest };
  await requireStored(endpoint, { question, blob, failed }, outcome, hadOther);
}

describe("a blob that was said to be stored is believed to be", () => {
  test.each<[string, Outcome, boolean, readonly PlacedReply[], number]>([
    ["at once, where that was proved", proved, false, [absent], 0],
    ["after a look that finds it", open(), false, [there], 1],
    ["after the last of three looks", open(), false, [absent, absent, there], 3],
    ["after a look, where it was told of as another before", proved, true, [there], 1],
    ["where it was proved, and then not to be found", proved, true, [absent], 1],
    ["where it was proved, and then not told of", proved, true, [untold], 1],
    ["of a registry that does not tell, when it says 201", open(), false, [untold], 1],
    ["when a page says so, and it is there", open({ isPage: true, status: 200 }), false, [there], 1],
  ])("%s", async (_name, outcome, hadOther, replies, looks) => {
    const endpoint = fakeEndpoint(...replies);
    await required(endpoint, outcome, { hadOther });
    expect(endpoint.requests).toHaveLength(looks);
    expect(endpoint.sleeps).toHaveLength(Math.max(0, looks - 1));
  });
});

describe("a blob that was said to be stored is an error", () => {
  test.each<[string, Outcome, readonly PlacedReply[], number]>([
    ["when it is not there, after three looks", open(), [absent], 3],
    ["when a page says so, and it is not there, after one", open({ isPage: true }), [absent], 1],
    ["of a registry that does not tell, when it says 200", open({ status: 200 }), [untold], 1],
    ["of a registry that does not tell, when a page says 201", open({ isPage: true }), [untold], 1],
  ])("%s", async (_name, outcome, replies, looks) => {
    const endpoint = fakeEndpoint(...replies);
    await expect(required(endpoint, outcome)).rejects.toMatchObject({
      code: "InvalidResponse",
      host,
      digest,
      message: expect.stringContaining("claims to have it, and does not") as string,
    });
    expect(endpoint.requests).toHaveLength(looks);
    expect(endpoint.sleeps).toHaveLength(looks - 1);
  });

  test.each<[string, Outcome, readonly PlacedReply[], string]>([
    ["when something else was stored", { kind: "refuted", stored: other }, [there], `digest ${other}`],
    ["when another size is there", open(), [otherSize], "7777 bytes"],
    ["when another digest is there", open(), [otherDigest], `digest ${other}`],
    ["when another one appears", open(), [absent, otherSize], "7777 bytes"],
  ])("that names both %s", async (_name, outcome, replies, told) => {
    const failing = required(fakeEndpoint(...replies), outcome);
    await expect(failing).rejects.toMatchObject({
      code: "DigestMismatch",
      host,
      reference: `${host}/acme/site`,
      digest,
    });
    await expect(failing).rejects.toThrow(
      `${host}: cannot push the blob: it has ${size} bytes, and after the upload the registry still tells of ${told} `,
    );
  });

  test("when it was told of as another, and still is, whatever was proved", async () => {
    for (const reply of [otherSize, otherDigest]) {
      await expect(required(fakeEndpoint(reply), proved, { hadOther: true })).rejects.toMatchObject({
        code: "DigestMismatch",
      });
    }
  });
});

test("who stops while it may yet appear gets the reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const endpoint = fakeEndpoint(absent);
  controller.abort(reason);
  await expect(required(endpoint, open(), { signal: controller.signal })).rejects.toBe(reason);
});

test.each<[string, BlobFinding, boolean]>([
  ["of its size", { kind: "found", size, otherDigest: undefined }, true],
  ["of another size", { kind: "found", size: size + 1, otherDigest: undefined }, false],
  ["of its size and another digest", { kind: "found", size, otherDigest: other }, false],
  ["that is absent", { kind: "absent" }, false],
  ["that is not told of", { kind: "untold" }, false],
])("a blob %s can be it: %j is %s", (_name, finding, isSame) => {
  expect(isSameBlob(finding, blob)).toBe(isSame);
});
