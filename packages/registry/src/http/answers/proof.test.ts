import { describe, expect, test } from "vitest";
import { blobOf } from "../../testing/bytes.js";
import type { PlacedReply } from "../../testing/fake-endpoint.js";
import { fakeEndpoint } from "../../testing/fake-endpoint.js";
import type { HttpResponse } from "../layers/handler.js";
import type { Outcome } from "./proof.js";
import { hasDigest, otherDigestIn, outcomeOf } from "./proof.js";

const { digest } = blobOf("a blob");
const other = blobOf("another").digest;
const sha512 = `sha512:${"a".repeat(128)}` as const;
const encoded = digest.replace(":", "%3A");

async function answer(reply: PlacedReply): Promise<{ response: HttpResponse; left: readonly string[] }> {
  const { endpoint, left } = fakeEndpoint(reply);
  const url = endpoint.url("acme/site", "blobs/uploads/1");
  return { response: await endpoint.send({ method: "PUT", url, headers: {} }), left };
}

async function outcome(reply: PlacedReply, kind: "blobs" | "manifests" = "blobs"): Promise<Outcome> {
  const { response, left } = await answer({ body: "some words", ...reply });
  const found = await outcomeOf(response, { host: "registry.example.com", kind, digest });
  expect(left).toEqual(["read 1"]);
  return found;
}

const created = (location: string): PlacedReply => ({ status: 201, headers: { location } });
const named = (header: string, status = 201): PlacedReply => ({
  status,
  headers: { "docker-content-digest": header },
});

describe("evidence is", () => {
  test.each([
    ["the digest", named(digest)],
    ["the digest, with any success", named(digest, 200)],
    ["where it is", created(`/v2/acme/site/blobs/${digest}`)],
    ["where it is, encoded", created(`/v2/acme/site/blobs/${encoded}`)],
    ["where it is, encoded in small letters", created(`/v2/acme/site/blobs/${encoded.toLowerCase()}`)],
    ["where it is, elsewhere", created(`https://cdn.example.com/v2/acme/site/blobs/${digest}?x=y`)],
    ["where it is, from here", created(`../../../x/blobs/${digest}`)],
  ])("%s", async (_name, reply) => {
    expect(await outcome(reply)).toEqual({ kind: "proved" });
  });

  test("not where something else of that digest is", async () => {
    const reply = created(`/v2/acme/site/blobs/${digest}`);
    expect(await outcome(reply, "manifests")).toMatchObject({ kind: "open" });
    expect(await outcome(created(`/v2/acme/site/manifests/${digest}`), "manifests")).toEqual({
      kind: "proved",
    });
  });

  test.each([
    ["nothing", { status: 201 }],
    ["a digest that is none", named("md5:1234")],
    ["a digest of another algorithm", named(sha512)],
    ["another place", created(`/v2/acme/site/blobs/${other}`)],
    ["a place below it", created(`/v2/acme/site/blobs/${digest}/uploads`)],
    ["a place called like it", created(`/v2/acme/site/noblobs/${digest}`)],
    ["a place in a query", created(`/login?to=/v2/acme/site/blobs/${digest}`)],
    ["no place", created("http://[bad")],
    ["the place that was asked for, of 200", { ...created(`/v2/acme/site/blobs/${digest}`), status: 200 }],
    ["the place that was asked for, of 202", { ...created(`/v2/acme/site/blobs/${digest}`), status: 202 }],
  ] as readonly (readonly [string, PlacedReply])[])("not %s: what answered is told", async (_name, reply) => {
    expect(await outcome(reply)).toMatchObject({
      kind: "open",
      answer: { status: reply.status, words: "some words" },
    });
  });
});

test("another digest refutes it, wherever it is said to be", async () => {
  expect(await outcome(named(other))).toEqual({ kind: "refuted", stored: other });
  const both = { "docker-content-digest": other, location: `/v2/acme/site/blobs/${digest}` };
  expect(await outcome({ status: 201, headers: both })).toEqual({ kind: "refuted", stored: other });
});

test.each([
  [digest, true, undefined],
  [other, false, other],
  [sha512, false, undefined],
  ["nonsense", false, undefined],
  [undefined, false, undefined],
] as const)("a header %s", async (header, isIt, contradicts) => {
  const { response } = await answer(header === undefined ? { status: 200 } : named(header));
  expect([hasDigest(response, digest), otherDigestIn(response, digest)]).toEqual([isIt, contradicts]);
});
