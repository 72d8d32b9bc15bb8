import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Authenticator } from "@blob/auth";
import { anonymous, createAuthenticator } from "@blob/auth";
import type { Quirks } from "@blob/testing";
import { describe, expect, test } from "vitest";
import { createHttpRegistry } from "../http-registry.js";
import { blobOf, chunksOf, collect, noise } from "../testing/bytes.js";
import type { Quirky } from "../testing/quirky.js";
import { startQuirky } from "../testing/quirky.js";
import { withAuthorization } from "./authorization.js";
import type { HttpResponse } from "./handler.js";
import type { HttpTrace } from "./trace.js";

const repository = "acme/site";
const blob = blobOf(noise(100_000));
const ann = { username: "ann", password: "very-secret" };

function signedIn(as = ann): Authenticator {
  const found = { credential: { kind: "basic", ...as }, source: "test" } as const;
  return createAuthenticator({ credentials: async () => found });
}

async function startWithBlob(quirks: Quirks, authenticator = signedIn()): Promise<Quirky> {
  const quirky = await startQuirky(quirks, { authenticator });
  await quirky.server.registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  return quirky;
}

test("Basic credentials are found once and sent up front after that", async () => {
  const { registry, requests } = await startWithBlob({ basicAuth: ann });
  expect(await registry.statBlob(repository, blob.digest)).toBe(100_000);
  expect(await registry.statBlob(repository, blob.digest)).toBe(100_000);
  const head = `HEAD /v2/acme/site/blobs/${blob.digest}`;
  expect(requests()).toEqual([`${head} 401`, `${head} 200`, `${head} 200`]);
});

test("a token is fetched once for reading and once for writing", async () => {
  const { registry, server, requests } = await startWithBlob({ tokenAuth: ann });
  await collect(registry.readBlob(repository, blob));
  await collect(registry.readBlob(repository, blob, { range: { offset: 5, length: 5 } }));
  const other = blobOf("other");
  await registry.pushBlob(repository, other, () => chunksOf(other.bytes));
  const tokens = server.requests.filter(({ path }) => path.startsWith("/token"));
  expect(tokens.map(({ path }) => new URL(path, server.url).searchParams.get("scope"))).toEqual([
    "repository:acme/site:pull",
    "repository:acme/site:pull,push",
  ]);
  expect(requests()).toHaveLength(4 + 3 + 2);
});

test("anonymous tokens are fetched too", async () => {
  const { registry } = await startWithBlob(
    { tokenAuth: {} },
    createAuthenticator({ credentials: anonymous }),
  );
  expect(await collect(registry.readBlob(repository, blob))).toHaveLength(100_000);
});

test("a mount asks for both repositories", async () => {
  const { registry, server } = await startWithBlob({ tokenAuth: ann });
  const pushed = await registry.pushBlob("acme/copy", blob, () => chunksOf(blob.bytes), {
    mountFrom: repository,
  });
  expect(pushed).toBe("mounted");
  const scopes = server.requests
    .filter(({ path }) => path.startsWith("/token"))
    .map(({ path }) => new URL(path, server.url).searchParams.getAll("scope"));
  expect(scopes.at(-1)?.toSorted()).toEqual(["repository:acme/copy:pull,push", "repository:acme/site:pull"]);
});

test("a token that expires in the middle is renewed, and what was sent is sent again", async () => {
  const { registry, server } = await startWithBlob({ tokenAuth: { ...ann, uses: 2 } });
  for (let round = 0; round < 5; round += 1) {
    const content = blobOf(noise(50_000, round + 2));
    expect(await registry.pushBlob(repository, content, () => chunksOf(content.bytes))).toBe("uploaded");
    expect(await server.registry.statBlob(repository, content.digest)).toBe(50_000);
  }
});

test("an expired link is no challenge: nobody is asked for credentials", async () => {
  const { registry, server } = await startWithBlob({ redirectBlobs: true, basicAuth: ann });
  await collect(registry.readBlob(repository, blob));
  const toStorage = server.requests.filter((request) => request.server === "storage");
  expect(toStorage).toHaveLength(1);
  expect(toStorage[0]?.headers.authorization).toBeUndefined();
});

test("refused credentials are an error without them", async () => {
  const wrong = { username: "ann", password: "wrong-secret" };
  const { registry } = await startWithBlob({ basicAuth: ann }, signedIn(wrong));
  const error: unknown = await collect(registry.readBlob(repository, blob)).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: "Unauthorized", status: 401 });
  const shown = JSON.stringify([String(error), error]);
  expect(shown).not.toContain("wrong-secret");
  expect(shown).not.toContain(Buffer.from("ann:wrong-secret").toString("base64"));
});

test("the trace shows every request and no secret", async () => {
  const traces: HttpTrace[] = [];
  const quirky = await startQuirky(
    { tokenAuth: ann, redirectBlobs: true },
    { authenticator: signedIn(), trace: (trace) => traces.push(trace) },
  );
  await quirky.server.registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  await collect(quirky.registry.readBlob(repository, blob));
  expect(traces.map(({ method, status, authorized }) => [method, status, authorized])).toEqual([
    ["GET", 401, false],
    ["GET", 200, true],
    ["GET", 307, true],
    ["GET", 200, false],
  ]);
  expect(JSON.stringify(traces)).not.toContain("secret");
});

test("credentials that cannot be found are an error, and the refusal is let go", async () => {
  const failure = new Error("the helper crashed");
  let isCancelled = false;
  const url = new URL("https://ghcr.io/v2/");
  const refusal: HttpResponse = {
    status: 401,
    headers: { "www-authenticate": "Basic" },
    url,
    body: (async function* () {})(),
    cancel: () => void (isCancelled = true),
  };
  const layer = withAuthorization({ current: () => undefined, answer: () => Promise.reject(failure) });
  const auth = { origin: "https://ghcr.io", host: "ghcr.io", scopes: [] };
  const sending = layer(async () => refusal)({ method: "GET", url, headers: {}, auth });
  await expect(sending).rejects.toBe(failure);
  expect(isCancelled).toBe(true);
});

test("a server that falls silent is TimedOut, however long its answer may take otherwise", async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-length": 1000 });
    response.write("{");
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const registry = createHttpRegistry(`127.0.0.1:${port}`, {
    plainHttp: true,
    retry: { retries: 0 },
    timeouts: { stallMs: 100 },
  });
  await expect(registry.manifest(repository, "v1")).rejects.toMatchObject({ code: "TimedOut" });
  await registry.close();
  server.closeAllConnections();
  server.close();
});

describe("a closed port", () => {
  test("is a Network error that names the host", async () => {
    const { registry, server, sleeps } = await startQuirky();
    await server.close();
    await expect(registry.manifest(repository, "v1")).rejects.toMatchObject({
      code: "Network",
      host: server.host,
    });
    expect(sleeps).toHaveLength(4);
  });
});
