import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hasProgram, startDockerRegistry } from "@blob/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HttpRegistry } from "../../http-registry.js";
import { createHttpRegistry } from "../../http-registry.js";
import type { StreamedBody } from "../../registry.js";
import { blobOf, chunksOf, collect, noise } from "../../testing/bytes.js";
import { fakeTransport } from "../../testing/fake-http.js";
import { startQuirky } from "../../testing/quirky.js";

const repository = "acme/site";
const blob = blobOf(noise(300_000));
const post = "POST /v2/acme/site/blobs/uploads/ 202";

/** A body that says when it was opened, and its blob only after its end, as one does that is still being made. */
function streamed(bytes: AsyncIterable<Uint8Array> = chunksOf(blob.bytes, 10_000)): {
  readonly body: StreamedBody;
  readonly opened: () => number;
} {
  let opened = 0;
  let hasEnded = false;
  async function* read(): AsyncGenerator<Uint8Array> {
    yield* bytes;
    hasEnded = true;
  }
  return {
    body: {
      open() {
        opened += 1;
        return read();
      },
      identify() {
        expect(hasEnded).toBe(true);
        return blob;
      },
    },
    opened: () => opened,
  };
}

/** What is asked of a session, without its name. */
function briefly(requests: readonly string[]): string[] {
  return requests.map((line) => line.replace(/\/uploads\/[0-9a-f-]{36}/u, "/uploads/ID"));
}

const upload = "/v2/acme/site/blobs/uploads/ID";

async function isStored(registry: HttpRegistry): Promise<boolean> {
  return (await registry.statBlob(repository, blob.digest)) === blob.size;
}

test("a stream is POST, one PATCH without a length, and a PUT with the digest", async () => {
  const { registry, server, requests } = await startQuirky();
  const sent: number[] = [];
  const { body } = streamed();
  expect(await registry.streamBlob(repository, body, { onProgress: (bytes) => sent.push(bytes) })).toBe(true);
  const patch = server.requests[1]?.headers;
  expect([patch?.["content-length"], patch?.["content-range"]]).toEqual([undefined, undefined]);
  expect(patch?.["transfer-encoding"]).toBe("chunked");
  expect(briefly(requests())).toEqual([post, `PATCH ${upload} 202`, `PUT ${upload}?… 201`]);
  expect(sent.at(-1)).toBe(blob.size);
  const stored = await collect(registry.readBlob(repository, blob));
  expect(stored.equals(blob.bytes)).toBe(true);
});

describe("a registry that refuses", () => {
  test.each([400, 403, 404, 405, 411, 413, 416, 501])(
    "with %d is not asked again, and keeps nothing",
    async (status) => {
      const fail = { status, times: 1, path: /^PATCH/u };
      const { registry, requests } = await startQuirky({ fail });
      const { body, opened } = streamed();
      expect(await registry.streamBlob(repository, body)).toBe(false);
      expect(briefly(requests())).toEqual([post, `PATCH ${upload} ${status}`, `DELETE ${upload} 204`]);
      expect(opened()).toBeLessThanOrEqual(1);
      expect(await registry.streamBlob(repository, streamed().body)).toBe(false);
      expect(requests()).toEqual([]);
      expect(await registry.pushBlob(repository, blob, () => chunksOf(blob.bytes))).toBe("uploaded");
    },
  );

  test.each([408, 429, 500, 503])("with %d for the moment may be asked again", async (status) => {
    const { registry } = await startQuirky({ fail: { status, times: 1, path: /^PATCH/u } });
    expect(await registry.streamBlob(repository, streamed().body)).toBe(false);
    expect(await registry.streamBlob(repository, streamed().body)).toBe(true);
  });

  test("a session is an error, as for any upload", async () => {
    const { registry } = await startQuirky({ fail: { status: 403, times: 1, path: /^POST/u } });
    const { body, opened } = streamed();
    await expect(registry.streamBlob(repository, body)).rejects.toMatchObject({
      code: "Forbidden",
      reference: expect.stringContaining("acme/site") as string,
    });
    expect(opened()).toBe(0);
  });

  test.each(["ghcr.io", "gcr.io", "eu.gcr.io", "europe-west1-docker.pkg.dev"])(
    "%s is known to, and not asked",
    async (host) => {
      const { handle, requests } = fakeTransport({ status: 500 });
      const transport = { handle, close: async () => {} };
      const registry = createHttpRegistry(host, { transport });
      expect(await registry.streamBlob(repository, streamed().body)).toBe(false);
      expect(requests).toEqual([]);
    },
  );

  test("nor is one whose caller wants pieces", async () => {
    const { registry, requests } = await startQuirky({}, { chunkBytes: 100_000 });
    expect(await registry.streamBlob(repository, streamed().body)).toBe(false);
    expect(requests()).toEqual([]);
  });
});

describe("a connection that breaks", () => {
  test.each(["before", "after"] as const)("%s the PATCH gives up, without a second PATCH", async (when) => {
    const { registry, requests } = await startQuirky({ drop: { when, times: 1, path: /^PATCH/u } });
    const { body, opened } = streamed();
    expect(await registry.streamBlob(repository, body)).toBe(false);
    expect(requests().filter((line) => line.startsWith("PATCH"))).toHaveLength(1);
    expect(opened()).toBe(1);
    expect(await isStored(registry)).toBe(false);
  });

  test("before the last PUT is tried again", async () => {
    const drop = { when: "before", times: 1, path: /^PUT/u } as const;
    const { registry, sleeps } = await startQuirky({ drop });
    expect(await registry.streamBlob(repository, streamed().body)).toBe(true);
    expect(sleeps).toHaveLength(1);
  });

  test("with the answer to it is found out about", async () => {
    const drop = { when: "after", times: 1, path: /^PUT/u } as const;
    const { registry } = await startQuirky({ drop });
    expect(await registry.streamBlob(repository, streamed().body)).toBe(true);
    expect(await isStored(registry)).toBe(true);
  });
});

describe("the answer", () => {
  test.each([400, 404, 416])("%d to the PUT is no success, and the session is given up", async (status) => {
    const { registry, requests } = await startQuirky({ fail: { status, times: 1, path: /^PUT/u } });
    expect(await registry.streamBlob(repository, streamed().body)).toBe(false);
    expect(briefly(requests()).at(-1)).toBe(`DELETE ${upload} 204`);
  });

  test("of a page to the PUT is no success", async () => {
    const fail = {
      status: 200,
      times: 1,
      path: /^PUT/u,
      body: "<html>",
      headers: { "content-type": "text/html" },
    };
    const { registry } = await startQuirky({ fail });
    expect(await registry.streamBlob(repository, streamed().body)).toBe(false);
  });

  test("201 to the PATCH, with a range that is wrong, is as good as any (ECR)", async () => {
    const { registry } = await startQuirky({
      forRequest: ({ method }) => (method === "PATCH" ? { patchStatus: 201 } : {}),
    });
    expect(await registry.streamBlob(repository, streamed().body)).toBe(true);
  });

  test("that leads to another origin gets no credentials", async () => {
    const seen: IncomingHttpHeaders[] = [];
    const elsewhere = createServer((request, response) => {
      seen.push(request.headers);
      response.writeHead(404).end();
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void elsewhere.close());
    await once(elsewhere, "listening");
    const place = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/take/{id}`;
    const { registry } = await startQuirky(
      {
        basicAuth: { username: "ann", password: "secret" },
        forRequest: ({ method }) => (method === "PATCH" ? { uploadLocation: place } : {}),
      },
      {
        authenticator: {
          current: () => "Basic YW5uOnNlY3JldA==",
          answer: async () => undefined,
        },
      },
    );
    expect(await registry.streamBlob(repository, streamed().body)).toBe(false);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.map(({ authorization }) => authorization)).toEqual(seen.map(() => undefined));
  });

  test.each([
    ["another repository", "/v2/acme/other/blobs/uploads/{id}"],
    ["a manifest", "/v2/acme/site/manifests/latest"],
    ["another protocol", "ftp://127.0.0.1/{id}"],
  ])("that leads to %s is not followed", async (_name, uploadLocation) => {
    const { registry, requests } = await startQuirky({
      forRequest: ({ method }) => (method === "PATCH" ? { uploadLocation } : {}),
    });
    await expect(registry.streamBlob(repository, streamed().body)).rejects.toMatchObject({
      code: "UnsafeRedirect",
    });
    expect(requests().some((line) => line.startsWith("PUT"))).toBe(false);
  });
});

test("an error of the body is thrown as it is, and the registry keeps nothing of it", async () => {
  const { registry, requests } = await startQuirky();
  const broken = new Error("the file was changed");
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield blob.bytes.subarray(0, 200_000);
    throw broken;
  }
  await expect(registry.streamBlob(repository, streamed(bytes()).body)).rejects.toBe(broken);
  expect(briefly(requests())).toContain(`DELETE ${upload} 204`);
});

test("an abort stops it in the middle, and the body ends", async () => {
  const { registry } = await startQuirky();
  const controller = new AbortController();
  const reason = new Error("enough");
  let hasEnded = false;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        yield blob.bytes.subarray(0, 100_000);
        controller.abort(reason);
      }
    } finally {
      hasEnded = true;
    }
  }
  const { signal } = controller;
  await expect(registry.streamBlob(repository, streamed(bytes()).body, { signal })).rejects.toBe(reason);
  await expect.poll(() => hasEnded).toBe(true);
});

test.skipIf(!hasProgram("docker-registry"))("docker-registry takes a stream of some size", async () => {
  const server = await startDockerRegistry();
  onTestFinished(() => server.close());
  await using registry = createHttpRegistry(server.host, { plainHttp: true });
  expect(await registry.streamBlob(repository, streamed(chunksOf(blob.bytes, 777)).body)).toBe(true);
  expect((await collect(registry.readBlob(repository, blob))).equals(blob.bytes)).toBe(true);
});
