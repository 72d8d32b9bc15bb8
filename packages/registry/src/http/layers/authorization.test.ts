import { getEventListeners } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Authenticator, TokenRequest } from "@blob/auth";
import { anonymous, createAuthenticator } from "@blob/auth";
import type { Quirks } from "@blob/testing";
import { describe, expect, test } from "vitest";
import { createHttpRegistry } from "../../http-registry.js";
import { blobOf, chunksOf, collect, noise } from "../../testing/bytes.js";
import type { FakeReply } from "../../testing/fake-http.js";
import { fakeTransport } from "../../testing/fake-http.js";
import type { Quirky } from "../../testing/quirky.js";
import { startNoRegistry } from "../../testing/page.js";
import { startQuirky } from "../../testing/quirky.js";
import { withAuthorization } from "./authorization.js";
import type { Handler, HttpRequest, HttpResponse } from "./handler.js";
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

describe("storage that answers 401 with a challenge gets neither credentials nor a token request", () => {
  test.each([
    ["Basic", "has not asked yet", { basicAuth: ann }, false],
    ["Basic", "has the credentials", { basicAuth: ann }, true],
    ["Basic", "lets everybody in", {}, true],
    ["Bearer", "has not asked yet", { basicAuth: ann }, false],
    ["Bearer", "has the credentials", { basicAuth: ann }, true],
    ["Bearer", "lets everybody in", {}, true],
  ])("a %s one, from a registry that %s", async (scheme, _name, quirks, isKnown) => {
    const asked: string[] = [];
    const storage = await startNoRegistry((request, response) => {
      asked.push(`${request.url ?? ""} ${request.headers.authorization ?? "bare"}`);
      const realm = `realm="http://${request.headers.host ?? ""}/token",service="storage"`;
      response.writeHead(401, { "www-authenticate": `${scheme} ${realm}`, "content-length": 0 }).end();
    });
    const { registry, server } = await startWithBlob({
      ...quirks,
      redirectTo: `http://${storage.host}/blob?signature=1`,
    });
    if (isKnown) await registry.statBlob(repository, blob.digest);
    server.requests.splice(0);
    const error: unknown = await collect(registry.readBlob(repository, blob)).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "Unauthorized", status: 401, credentialsSent: false });
    expect(asked).toEqual(["/blob?signature=1 bare"]);
    // Nor is the registry asked once more with what an answer to that challenge would have been.
    expect(server.requests.map(({ status }) => status)).toEqual(isKnown ? [307] : [401, 307]);
  });
});

describe("a registry that redirects to another one, which wants credentials", () => {
  test("is an error that names the other one, and gives it nothing", async () => {
    const { registry, server } = await startWithBlob({ basicAuth: ann });
    const other = await startQuirky({ tokenAuth: ann });
    server.quirks.forRequest = ({ path }) =>
      path.includes("/manifests/")
        ? { fail: { status: 307, times: 1, headers: { location: `${other.server.url}${path}` } } }
        : {};
    const error: unknown = await registry.manifest(repository, "v1").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "Unauthorized", status: 401, host: other.server.host });
    expect(String(error)).toContain(`redirected to ${other.server.host}, which wants credentials of its own`);
    expect(other.server.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});

describe("a 403 to a request without credentials", () => {
  test("that has a challenge is answered with those there are", async () => {
    for (const quirks of [{ basicAuth: ann }, { tokenAuth: ann }]) {
      const { registry } = await startWithBlob({ ...quirks, challengeStatus: 403 });
      expect(await collect(registry.readBlob(repository, blob))).toHaveLength(100_000);
      expect(await registry.statBlob(repository, blob.digest)).toBe(100_000);
      const other = blobOf("other");
      expect(await registry.pushBlob(repository, other, () => chunksOf(other.bytes))).toBe("uploaded");
    }
  });

  test("that has none, or for which there are none, blames no credentials", async () => {
    const nobody = createAuthenticator({ credentials: anonymous });
    for (const quirks of [{ fail: { status: 403, times: 1 } }, { basicAuth: ann, challengeStatus: 403 }]) {
      const { registry } = await startWithBlob(quirks, nobody);
      const error: unknown = await registry.manifest(repository, "v1").catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "Forbidden", status: 403, credentialsSent: false });
      expect(String(error)).toContain("no credentials were sent");
    }
  });

  test("is a decision when credentials were sent: they are not sent twice", async () => {
    const { registry, server } = await startWithBlob({ basicAuth: ann });
    await registry.statBlob(repository, blob.digest);
    server.requests.splice(0);
    const challenge = { "www-authenticate": 'Basic realm="test"' };
    server.quirks.fail = { status: 403, times: 9, headers: challenge };
    const error: unknown = await registry.manifest(repository, "v1").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "Forbidden", credentialsSent: true });
    expect(String(error)).toContain("these credentials may not do that");
    expect(server.requests).toHaveLength(1);
  });
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

describe("what the layer does with an answer", () => {
  const url = new URL("https://ghcr.io/v2/acme/site/manifests/v1");
  const auth = { origin: "https://ghcr.io", host: "ghcr.io", scopes: [] };
  const bare: HttpRequest = { method: "GET", url, headers: { accept: "*/*" } };
  const challenge = { "www-authenticate": 'Basic realm="test"' };

  /** Offers nothing, and answers every challenge in the same way. */
  function answering(answer: Authenticator["answer"], offered?: string): Authenticator {
    return { current: () => offered, answer };
  }

  test("nothing, when the request may carry no credentials: nobody is asked for any", async () => {
    const { handle, requests } = fakeTransport({ status: 401, headers: challenge });
    const nobody: Authenticator = {
      current: () => expect.fail("was asked"),
      answer: () => expect.fail("was asked"),
    };
    expect((await withAuthorization(nobody)(handle)(bare)).status).toBe(401);
    expect(requests).toEqual([bare]);
  });

  test.each([
    [200, undefined],
    [404, undefined],
    [500, undefined],
    [404, "Basic x"],
    [403, "Basic x"],
  ])("a %d is no challenge, whatever its headers say, to who offered %s", async (status, offered) => {
    const { handle, requests } = fakeTransport({ status, headers: challenge });
    const asked = answering(() => expect.fail("was asked"), offered);
    const response = await withAuthorization(asked)(handle)({ ...bare, auth });
    expect([response.status, response.authorization, requests.length]).toEqual([status, offered, 1]);
  });

  test.each([
    [401, undefined],
    [401, "Basic old"],
    [403, undefined],
  ])("a %d is answered once: who offered %s is told apart", async (status, offered) => {
    const { handle, requests } = fakeTransport({ status, headers: challenge });
    const rejections: unknown[] = [];
    const layer = withAuthorization(
      answering(async (target, rejection) => {
        rejections.push([target, rejection]);
        return "Basic new";
      }, offered),
    );
    const response = await layer(handle)({ ...bare, auth });
    expect([response.status, response.authorization]).toEqual([status, "Basic new"]);
    expect(rejections).toEqual([[auth, { challenge: challenge["www-authenticate"], rejected: offered }]]);
    expect(requests.map(({ headers }) => headers)).toStrictEqual([
      { accept: "*/*", ...(offered === undefined ? {} : { authorization: offered }) },
      { accept: "*/*", authorization: "Basic new" },
    ]);
  });

  test("a challenge without an answer is handed on as it came, and sent no more", async () => {
    const { handle, requests } = fakeTransport({ status: 401, headers: challenge, body: "why" });
    const response = await withAuthorization(answering(async () => undefined))(handle)({ ...bare, auth });
    expect((await collect(response.body)).toString()).toBe("why");
    expect(response.authorization).toBeUndefined();
    expect(requests).toHaveLength(1);
  });

  test("a refusal is let go before the request is sent again", async () => {
    const events: string[] = [];
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("no");
      events.push("read");
    }
    const handle: Handler = async ({ headers }) => {
      events.push(headers["authorization"] ?? "bare");
      return { status: 401, headers: challenge, url, body: body(), cancel: () => {} };
    };
    await withAuthorization(answering(async () => "Basic x"))(handle)({ ...bare, auth });
    expect(events).toEqual(["bare", "read", "Basic x"]);
  });

  test("an abort reaches whoever looks for an answer, and nothing goes on listening for it", async () => {
    const { handle } = fakeTransport({ status: 401, headers: challenge });
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error("enough");
    const waiting = answering(async (_target, _rejection, _send, { signal: its } = {}) => {
      if (its === undefined) return "no signal";
      controller.abort(reason);
      its.throwIfAborted();
      return "not aborted";
    });
    await expect(withAuthorization(waiting)(handle)({ ...bare, auth, signal })).rejects.toBe(reason);

    const other = new AbortController().signal;
    const done = answering(async () => undefined);
    await withAuthorization(done)(handle)({ ...bare, auth, signal: other });
    expect(getEventListeners(other, "abort")).toEqual([]);
  });
});

describe("a token request", () => {
  const url = new URL("https://ghcr.io/v2/");
  const auth = { origin: "https://ghcr.io", host: "ghcr.io", scopes: [] };
  const realm = new URL("https://auth.example.com/token");

  /** Sends one as an authenticator would. */
  async function send(
    token: TokenRequest,
    reply: FakeReply,
    { headers = {}, signal }: { headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<{ readonly reply: unknown; readonly sent: readonly HttpRequest[] }> {
    const { handle, requests } = fakeTransport(
      { status: 401, headers: { "www-authenticate": "Bearer" } },
      reply,
    );
    let answered: unknown;
    const layer = withAuthorization({
      current: () => undefined,
      answer: async (_target, _rejection, sender) => {
        answered = await sender(token, { signal });
        return undefined;
      },
    });
    await layer(handle)({ method: "GET", url, headers: { accept: "x/y", "x-own": "1", ...headers }, auth });
    return { reply: answered, sent: requests.slice(1) };
  }

  test("has the headers of its own, follows no redirect, and is no business of the registry's", async () => {
    const { signal } = new AbortController();
    const token: TokenRequest = { url: realm, method: "GET", headers: { authorization: "Basic x" } };
    const { reply, sent } = await send(token, { status: 200, body: '{"token":"é"}' }, { signal });
    expect(reply).toEqual({ status: 200, body: '{"token":"é"}' });
    expect(sent).toStrictEqual([
      {
        method: "GET",
        url: realm,
        from: url,
        headers: { accept: "application/json", "accept-encoding": "identity", authorization: "Basic x" },
        followRedirects: false,
        signal,
      },
    ]);
  });

  test("says who asks, and has a body of a known length that can be sent again", async () => {
    const token: TokenRequest = { url: realm, method: "POST", headers: {}, body: "grant_type=password&x=é" };
    const { sent } = await send(token, { status: 400 }, { headers: { "user-agent": "a test" } });
    expect(sent.map(({ method, headers }) => [method, headers["user-agent"]])).toEqual([["POST", "a test"]]);
    for (let round = 0; round < 2; round += 1) {
      const body = sent[0]?.body;
      const bytes = await collect(body?.open() ?? chunksOf(Buffer.alloc(0)));
      expect([bytes.toString(), body?.size]).toEqual([token.body, bytes.length]);
    }
  });

  test.each(["https://127.0.0.1/token", "https://10.0.0.1/token", "https://169.254.169.254/token"])(
    "never goes inwards: %s",
    async (inside) => {
      const token: TokenRequest = { url: new URL(inside), method: "GET", headers: {} };
      await expect(send(token, { status: 200, body: "{}" })).rejects.toMatchObject({
        code: "UnsafeRedirect",
        host: "ghcr.io",
        message: expect.stringContaining(token.url.hostname) as string,
      });
    },
  );

  test("takes a reply of 1 MiB, and not a byte more", async () => {
    const token: TokenRequest = { url: realm, method: "GET", headers: {} };
    const body = "x".repeat(1024 * 1024);
    expect((await send(token, { status: 200, body })).reply).toEqual({ status: 200, body });
    await expect(send(token, { status: 200, body: `${body}x` })).rejects.toMatchObject({
      code: "SizeExceeded",
      message: expect.stringContaining("auth.example.com") as string,
    });
  });
});
