import { describe, expect, test } from "vitest";
import { digestLike } from "../../digest.js";
import { blobOf } from "../../testing/bytes.js";
import type { PlacedReply } from "../../testing/fake-endpoint.js";
import { fakeEndpoint } from "../../testing/fake-endpoint.js";
import { fetchManifest, getManifest, putManifest, resolveManifest } from "./manifests.js";
import { networkError } from "../layers/network-error.js";

const repository = "acme/site";
const host = "registry.example.com";
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";
const manifest = blobOf(JSON.stringify({ schemaVersion: 2, mediaType }));
const { digest, size, bytes } = manifest;
const other = blobOf("another").digest;
const sha512 = digestLike(`sha512:${"a".repeat(128)}`, bytes);
const reset = networkError(host, Object.assign(new Error("reset"), { code: "ECONNRESET" }));
const { signal } = new AbortController();

const typed = { "content-type": mediaType };
const has = (body: string, headers: Record<string, string> = typed): PlacedReply => ({
  status: 200,
  headers,
  body,
});
const it = has(bytes.toString());
const head = (headers: Record<string, string>, status = 200): PlacedReply => ({ status, headers });

describe("a manifest that is read", () => {
  test("is one GET for its bytes and what they are", async () => {
    const { endpoint, requests } = fakeEndpoint(has(bytes.toString(), { ...typed, etag: "1" }));
    expect(await fetchManifest(endpoint, repository, "v1", { signal })).toEqual({
      manifest: { descriptor: { mediaType, digest, size }, bytes: new Uint8Array(bytes) },
      headers: { ...typed, etag: "1" },
    });
    expect(requests).toMatchObject([
      {
        method: "GET",
        url: { href: `https://${host}/v2/acme/site/manifests/v1` },
        auth: { scopes: ["repository:acme/site:pull"] },
        signal,
      },
    ]);
  });

  test.each([
    ["../acme", "v1"],
    [repository, "../v1"],
    [repository, "sha256:short"],
  ])("has a name that leads nowhere else: not %s, %s", async (name, reference) => {
    const { endpoint, requests } = fakeEndpoint(it);
    for (const call of [getManifest, resolveManifest]) {
      await expect(call(endpoint, name, reference, {})).rejects.toMatchObject({ code: "InvalidReference" });
    }
    expect(requests).toEqual([]);
  });

  test("has as many bytes as allowed, and not one more, whatever was announced", async () => {
    const announced = has(bytes.toString(), { ...typed, "content-length": String(size) });
    for (const reply of [it, announced]) {
      const { endpoint } = fakeEndpoint(reply);
      expect((await getManifest(endpoint, repository, "v1", { maxBytes: size })).bytes).toEqual(
        new Uint8Array(bytes),
      );
      const failing = getManifest(endpoint, repository, "v1", { maxBytes: size - 1 });
      await expect(failing).rejects.toMatchObject({
        code: "SizeExceeded",
        host,
        reference: `${host}/acme/site:v1`,
        message: expect.stringContaining("the manifest acme/site:v1") as string,
      });
    }
  });

  test("and announces too many bytes is not read", async () => {
    const { endpoint, left } = fakeEndpoint(has("x".repeat(10), { ...typed, "content-length": "5000000" }));
    await expect(getManifest(endpoint, repository, "v1", {})).rejects.toMatchObject({
      code: "SizeExceeded",
      message: expect.stringContaining("5000000 bytes") as string,
    });
    expect(left).toEqual(["cancelled 1"]);
  });

  test("is asked for again when it breaks off, and not for ever", async () => {
    const breaks: PlacedReply = { status: 200, headers: typed, pieces: [Buffer.from("{"), reset] };
    const once = fakeEndpoint(breaks, it);
    expect((await getManifest(once.endpoint, repository, "v1", {})).descriptor.digest).toBe(digest);
    expect(once.sleeps).toEqual([125]);
    const always = fakeEndpoint(breaks);
    await expect(getManifest(always.endpoint, repository, "v1", {})).rejects.toBe(reset);
    expect(always.sleeps).toEqual([125, 250, 500, 1000]);
    const failure = new Error("disk on fire");
    const failing = fakeEndpoint({ status: 200, headers: typed, pieces: [failure] }, it);
    await expect(getManifest(failing.endpoint, repository, "v1", {})).rejects.toBe(failure);
  });

  test("and is not there is an error with its name", async () => {
    await expect(
      getManifest(fakeEndpoint(head({}, 404)).endpoint, repository, "v1", {}),
    ).rejects.toMatchObject({
      code: "NotFound",
      reference: `${host}/acme/site:v1`,
      message: expect.stringContaining("read the manifest acme/site:v1") as string,
    });
  });

  test.each<[string, string, PlacedReply]>([
    [
      "by another digest than it has",
      "v1",
      has(bytes.toString(), { ...typed, "docker-content-digest": other }),
    ],
    ["by a digest that is not its own", other, it],
    ["by a digest, and is something else", digest, has("some words", { "content-type": "text/plain" })],
    ["by a digest, and is other JSON", digest, has("{}", typed)],
  ])("%s was damaged", async (_name, reference, reply) => {
    await expect(getManifest(fakeEndpoint(reply).endpoint, repository, reference, {})).rejects.toMatchObject({
      code: "DigestMismatch",
      host,
    });
  });

  test.each([
    ["a digest that is none", "nonsense"],
    ["its sha512", sha512],
  ])("under %s is what its bytes are", async (_name, header) => {
    const { endpoint } = fakeEndpoint(has(bytes.toString(), { ...typed, "docker-content-digest": header }));
    const { descriptor } = await getManifest(endpoint, repository, "v1", {});
    expect(descriptor.digest).toBe(header === sha512 ? sha512 : digest);
  });
});

describe("the type of a manifest is", () => {
  test.each<[string, string, Record<string, string>, string]>([
    ["what it says, whatever the header", `{"mediaType":"${indexType}"}`, typed, indexType],
    ["what it says, though the header says nothing", `{"mediaType":"${indexType}"}`, {}, indexType],
    ["what the header says", "{}", { "content-type": `${indexType}; charset=utf-8` }, indexType],
    [
      "what the header says in large letters",
      "{}",
      { "content-type": ` ${indexType.toUpperCase()} ;x` },
      indexType,
    ],
    ["told by what it holds", '{"schemaVersion":2}', { "content-type": "application/json" }, mediaType],
    ["told by what it holds, without a header", '{"schemaVersion":2}', {}, mediaType],
    [
      "told by what it holds, when a header is not only a type",
      '{"schemaVersion":2}',
      { "content-type": `x ${indexType}` },
      mediaType,
    ],
    [
      "told by what it holds, when a header says more than a type",
      '{"schemaVersion":2}',
      { "content-type": `${indexType} x` },
      mediaType,
    ],
  ])("%s", async (_name, body, headers, type) => {
    const { descriptor } = await getManifest(fakeEndpoint(has(body, headers)).endpoint, repository, "v1", {});
    expect(descriptor.mediaType).toBe(type);
  });

  test("not asked of what was asked for by its digest", async () => {
    const bare = blobOf('{"layers":[]}');
    const { endpoint } = fakeEndpoint(has(bare.bytes.toString(), {}));
    expect((await getManifest(endpoint, repository, bare.digest, {})).descriptor).toEqual({
      mediaType,
      digest: bare.digest,
      size: bare.size,
    });
  });

  test.each<[string, string, Record<string, string>]>([
    ["JSON of another service", '{"ok":true}', { "content-type": "application/json" }],
    ["JSON with another version", '{"schemaVersion":"2"}', {}],
    ["no JSON", "some words", typed],
    ["a page", "<html>some words</html>", { "content-type": "text/html" }],
  ])("that of no manifest when it is %s", async (_name, body, headers) => {
    await expect(
      getManifest(fakeEndpoint(has(body, headers)).endpoint, repository, "v1", {}),
    ).rejects.toMatchObject({
      code: "InvalidResponse",
      status: 200,
      reference: `${host}/acme/site:v1`,
      message: expect.stringContaining(
        "cannot read the manifest acme/site:v1: what answered is no manifest",
      ) as string,
    });
  });
});

test.each(["v1", digest])(
  "a page that answers for %s is no damaged manifest, and is quoted",
  async (reference) => {
    const page = has("<html>some words</html>", { "content-type": "text/html" });
    await expect(getManifest(fakeEndpoint(page).endpoint, repository, reference, {})).rejects.toMatchObject({
      code: "InvalidResponse",
      message: expect.stringContaining('HTTP 200, text/html, "some words"') as string,
    });
  },
);

describe("what a tag points to is told", () => {
  const complete = { ...typed, "content-length": String(size), "docker-content-digest": digest };

  test.each<[string, string, Record<string, string>]>([
    ["of a tag", "v1", complete],
    ["of a digest", digest, complete],
    ["of a digest that the answer does not repeat", digest, { ...typed, "content-length": String(size) }],
    ["of a digest by that of another algorithm", digest, { ...complete, "docker-content-digest": sha512 }],
  ])("by a HEAD: %s", async (_name, reference, headers) => {
    const { endpoint, requests, left } = fakeEndpoint(head(headers));
    expect(await resolveManifest(endpoint, repository, reference, { signal })).toEqual({
      mediaType,
      digest,
      size,
    });
    expect(requests).toMatchObject([{ method: "HEAD", signal }]);
    expect(left).toEqual(["read 1"]);
  });

  test.each<[string, string, PlacedReply]>([
    ["no digest", "v1", head({ ...typed, "content-length": String(size) })],
    ["a digest that is none", "v1", head({ ...complete, "docker-content-digest": "nonsense" })],
    ["no length", "v1", head({ ...typed, "docker-content-digest": digest })],
    ["a length that is none", "v1", head({ ...complete, "content-length": "many" })],
    ["half a byte for a length", "v1", head({ ...complete, "content-length": "1.5" })],
    ["a length of nothing", "v1", head({ ...complete, "content-length": "0" })],
    ["a length below nothing", "v1", head({ ...complete, "content-length": "-1" })],
    ["no type", "v1", head({ "content-length": String(size), "docker-content-digest": digest })],
    ["a type that says nothing", "v1", head({ ...complete, "content-type": "application/json" })],
    ["another digest than it was asked for", digest, head({ ...complete, "docker-content-digest": other })],
    ["a refusal, though all is in it (400)", "v1", head(complete, 400)],
    ["a refusal, though all is in it (405)", "v1", head(complete, 405)],
    ["a refusal, though all is in it (501)", "v1", head(complete, 501)],
  ])("by a GET, after a HEAD that has %s", async (_name, reference, reply) => {
    const { endpoint, requests } = fakeEndpoint(reply, it);
    expect(await resolveManifest(endpoint, repository, reference, { signal })).toEqual({
      mediaType,
      digest,
      size,
    });
    expect(requests.map((request) => [request.method, request.signal])).toEqual([
      ["HEAD", signal],
      ["GET", signal],
    ]);
  });

  test.each([401, 403, 404, 500, 204])("not after a HEAD with %d", async (status) => {
    const { endpoint, requests } = fakeEndpoint(head(complete, status), it);
    await expect(resolveManifest(endpoint, repository, "v1", {})).rejects.toMatchObject({
      status,
      reference: `${host}/acme/site:v1`,
    });
    expect(requests).toHaveLength(1);
  });
});

describe("a manifest that is pushed", () => {
  const proof: PlacedReply = { status: 201, headers: { "docker-content-digest": digest } };
  const claims: PlacedReply = { status: 201 };
  const absent: PlacedReply = { status: 404 };
  type Options = Parameters<typeof putManifest>[3];
  const put = async (
    { endpoint }: Pick<ReturnType<typeof fakeEndpoint>, "endpoint">,
    options: Options = {},
    name: string = repository,
  ): Promise<unknown> => putManifest(endpoint, name, { mediaType, bytes }, options);

  test("goes out as it is", async () => {
    const fake = fakeEndpoint({ ...proof, headers: { ...proof.headers, etag: "2" } });
    expect(await put(fake, { tag: "v1", signal })).toEqual({
      descriptor: { mediaType, digest, size },
      headers: { ...proof.headers, etag: "2" },
    });
    const [request] = fake.requests;
    expect(request).toMatchObject({
      method: "PUT",
      url: { href: `https://${host}/v2/acme/site/manifests/v1` },
      auth: { scopes: ["repository:acme/site:pull,push"] },
      retryConflicts: true,
      signal,
      body: { size },
    });
    expect(request?.headers).toStrictEqual({ "content-type": mediaType });
    const pieces = [];
    for await (const piece of request?.body?.open() ?? []) pieces.push(piece);
    expect(Buffer.concat(pieces)).toEqual(bytes);
  });

  test("without a tag has its digest for a name, or the one that was promised", async () => {
    for (const promised of [undefined, digest, sha512]) {
      const name = promised ?? digest;
      const fake = fakeEndpoint({ status: 201, headers: { "docker-content-digest": name } });
      expect(await put(fake, { digest: promised })).toMatchObject({ descriptor: { digest: name } });
      expect(fake.requests).toMatchObject([{ url: { pathname: `/v2/acme/site/manifests/${name}` } }]);
    }
  });

  test.each<[string, string, Options, string]>([
    ["to a name that leads elsewhere", "../acme", {}, "InvalidReference"],
    ["to a tag that is none", repository, { tag: "-v1" }, "InvalidReference"],
    ["to a tag that leads elsewhere", repository, { tag: "../v1" }, "InvalidReference"],
    ["with a digest that is not its own", repository, { digest: other }, "DigestMismatch"],
    [
      "to a tag, with a digest that registries do not choose",
      repository,
      { tag: "v1", digest: sha512 },
      "Unsupported",
    ],
  ])("%s is refused before it is sent", async (_name, name, options, code) => {
    const fake = fakeEndpoint(proof);
    await expect(put(fake, options, name)).rejects.toMatchObject({ code });
    expect(fake.requests).toEqual([]);
  });

  test("only if nothing has changed, says so", async () => {
    const fake = fakeEndpoint(claims);
    await put(fake, { tag: "v1", ifMatch: '"1"', readsBack: true });
    expect(fake.requests).toMatchObject([{ retryConflicts: false }]);
    expect(fake.requests[0]?.headers).toEqual({ "content-type": mediaType, "if-match": '"1"' });
  });

  test.each([200, 201, 202])("with %d and its digest is there", async (status) => {
    const fake = fakeEndpoint({ ...proof, status });
    await put(fake);
    expect(fake.requests).toHaveLength(1);
  });

  test.each([
    [204, "InvalidResponse"],
    [404, "NotFound"],
    [400, "Rejected"],
  ])("with %d is an error", async (status, code) => {
    const fake = fakeEndpoint({ ...proof, status }, it);
    await expect(put(fake, { tag: "v1" })).rejects.toMatchObject({
      code,
      status,
      digest,
      reference: `${host}/acme/site:v1`,
      message: expect.stringContaining("push the manifest acme/site:v1") as string,
    });
    expect(fake.requests).toHaveLength(1);
  });

  test("that is not taken may be of a type that is not", async () => {
    await expect(put(fakeEndpoint({ status: 400 }))).rejects.toThrow(
      "some only allow certain artifact types",
    );
  });

  test("as something else is an error, whoever reads it back", async () => {
    for (const readsBack of [false, true]) {
      const fake = fakeEndpoint({ status: 201, headers: { "docker-content-digest": other } }, it);
      await expect(put(fake, { tag: "v1", readsBack })).rejects.toMatchObject({
        code: "DigestMismatch",
        host,
        reference: `${host}/acme/site:v1`,
        digest,
      });
      expect(fake.requests).toHaveLength(1);
    }
  });

  test.each<[string, readonly PlacedReply[]]>([
    ["at once", [claims, it]],
    ["after a while", [claims, absent, absent, it]],
  ])("without evidence is looked for by its digest, and found %s", async (_name, replies) => {
    const fake = fakeEndpoint(...replies);
    await put(fake, { tag: "v1", signal });
    expect(fake.requests.slice(1)).toMatchObject(
      replies
        .slice(1)
        .map(() => ({ method: "GET", url: { pathname: `/v2/acme/site/manifests/${digest}` }, signal })),
    );
    expect(fake.requests).toHaveLength(replies.length);
    expect(fake.sleeps).toEqual([125, 250].slice(0, replies.length - 2));
  });

  test.each<[string, PlacedReply, readonly PlacedReply[], number]>([
    ["is not there after three looks", claims, [absent], 3],
    [
      "is not there, and a page said that it was",
      { status: 201, body: "<html>ok</html>", headers: { "content-type": "text/html" } },
      [absent],
      1,
    ],
    ["is a page", claims, [has("<html>ok</html>", { "content-type": "text/html" })], 1],
    ["is something else", claims, [has("{}")], 1],
    ["is larger", claims, [has(`${bytes.toString()} `)], 1],
    ["is something else, after it was not there", claims, [absent, has("{}")], 2],
  ])("without evidence is an error when it %s", async (_name, put1, replies, looks) => {
    const fake = fakeEndpoint(put1, ...replies);
    await expect(put(fake, { tag: "v1" })).rejects.toMatchObject({
      code: "InvalidResponse",
      status: 201,
      reference: `${host}/acme/site:v1`,
      message: expect.stringContaining("claims to have stored it, and did not") as string,
    });
    expect(fake.requests).toHaveLength(1 + looks);
    expect(fake.sleeps).toHaveLength(looks - 1);
  });

  test("without evidence, and without a chance to look, fails as looking did", async () => {
    for (const [reply, expected] of [
      [{ status: 403 }, { code: "Forbidden" }],
      [{ status: 500 }, { code: "Unavailable" }],
    ] as const) {
      await expect(put(fakeEndpoint(claims, reply))).rejects.toMatchObject(expected);
    }
    const failure = new TypeError("disk on fire");
    await expect(put(fakeEndpoint(claims, { status: 200, pieces: [failure] }))).rejects.toBe(failure);
    // An error of the system has a code, too.
    const coded = Object.assign(new Error("not ours"), { code: "NotFound" });
    await expect(put(fakeEndpoint(claims, { status: 200, pieces: [coded] }))).rejects.toBe(coded);
  });

  test("without evidence, by who reads it back, is not looked for", async () => {
    const fake = fakeEndpoint(claims, absent);
    await put(fake, { readsBack: true });
    expect(fake.requests).toHaveLength(1);
  });
});
