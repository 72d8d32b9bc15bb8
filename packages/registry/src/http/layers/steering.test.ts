import { createAuthenticator } from "@blob/auth";
import { leadsInward } from "@blob/core/hosts";
import { describe, expect, test } from "vitest";
import type { HttpRegistry } from "../../http-registry.js";
import { createHttpRegistry } from "../../http-registry.js";
import { sha256Digest } from "../../digest.js";
import { blobOf, chunksOf, collect } from "../../testing/bytes.js";
import { withAuthorization } from "./authorization.js";
import type { HttpHeaders, HttpRequest, HttpResponse } from "./handler.js";

const host = "registry.example.com";
const repository = "acme/site";
const blob = blobOf("content");

interface Answer {
  readonly status: number;
  readonly headers?: HttpHeaders;
  readonly body?: string;
}

interface Seen {
  readonly url: URL;
  readonly authorization: string | undefined;
}

interface Verb {
  readonly name: string;
  /** What the registry says to a request with credentials. */
  readonly say: (place: string, request: HttpRequest) => Answer | undefined;
  readonly ask: (registry: HttpRegistry) => Promise<unknown>;
}

const ok = (body: object, headers: HttpHeaders = {}): Answer => ({
  status: 200,
  headers,
  body: JSON.stringify(body),
});
const next = (place: string): HttpHeaders => ({ link: `<${place}>; rel="next"` });
const isSession = ({ url }: HttpRequest): boolean => url.pathname.includes("/blobs/uploads/");
const empty = { mediaType: "application/vnd.oci.empty.v1+json", digest: blob.digest, size: blob.size };
const subject = sha256Digest(Buffer.from("subject"));

async function first(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of items) if ((count += 1) > 5) break;
  return count;
}

const push = async (registry: HttpRegistry): Promise<unknown> =>
  registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));

/** Everything that a server says and a client may go by. */
const verbs: readonly Verb[] = [
  {
    name: "Link of tags",
    say: (place) => ok({ tags: ["v1"] }, next(place)),
    ask: (registry) => first(registry.tags(repository)),
  },
  {
    name: "Link of referrers",
    say: (place) => ok({ schemaVersion: 2, manifests: [] }, next(place)),
    ask: (registry) => first(registry.referrers(repository, subject)),
  },
  {
    name: "Location of a redirected manifest",
    say: (place) => ({ status: 307, headers: { location: place } }),
    ask: (registry) => registry.manifest(repository, "v1"),
  },
  {
    name: "Location of a redirected blob",
    say: (place) => ({ status: 307, headers: { location: place } }),
    ask: (registry) => collect(registry.readBlob(repository, blob)),
  },
  {
    name: "Location of an upload",
    say: (place, request) => (isSession(request) ? { status: 202, headers: { location: place } } : undefined),
    ask: push,
  },
  {
    name: "Location of a mount that became an upload",
    say: (place, request) => (isSession(request) ? { status: 202, headers: { location: place } } : undefined),
    ask: (registry) =>
      registry.pushBlob(repository, blob, () => chunksOf(blob.bytes), { mountFrom: "acme/base" }),
  },
  {
    name: "Location of an upload's redirect",
    say: (place, request) => (isSession(request) ? { status: 307, headers: { location: place } } : undefined),
    ask: push,
  },
  {
    name: "Location of a deletion's redirect",
    say: (place) => ({ status: 308, headers: { location: place } }),
    ask: (registry) => registry.deleteBlob(repository, blob.digest),
  },
  {
    name: "urls of a descriptor",
    say: (place) =>
      ok({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: empty,
        layers: [{ ...empty, urls: [place] }],
      }),
    ask: async (registry) => {
      await registry.manifest(repository, "v1");
      await collect(registry.readBlob(repository, blob));
    },
  },
];

/** Spellings of places that are not the registry, from a public host to machines inside. */
const places: readonly string[] = [
  "//169.254.169.254/latest",
  `https://${host}//169.254.169.254/latest`,
  `//${host}//169.254.169.254/latest`,
  `https://${host}/\\169.254.169.254/latest`,
  `https://${host}/.//169.254.169.254/latest`,
  `https://${host}/x/..//evil.example/latest`,
  String.raw`\\evil.example\latest`,
  "/\\evil.example/latest",
  "/.//evil.example/latest",
  "///evil.example/latest",
  "https:///evil.example/latest",
  "https:evil.example/../../latest",
  "\t//evil.example/latest",
  "/\t/evil.example/latest",
  "https://evil.example/latest",
  `https://${host}@evil.example/latest`,
  `https://user:password@${host}/latest`,
  `https://${host}.evil.example/latest`,
  `https://${host}:8443/latest`,
  `https://${host}./latest`,
  `http://${host}:8080/latest`,
  "http://evil.example/latest",
  "https://127.1/latest",
  "https://[::ffff:169.254.169.254]/latest",
  "https://metadata.google.internal/latest",
  "file:///etc/passwd",
];

/** A registry that wants Basic credentials, and everybody else; without sockets, so that it can have any name. */
function startSteering(
  { say, ask }: Verb,
  place: string,
): { seen: readonly Seen[]; run: () => Promise<void> } {
  const seen: Seen[] = [];
  const handle = async (request: HttpRequest): Promise<HttpResponse> => {
    const { url, headers } = request;
    const authorization = headers["authorization"];
    seen.push({ url, authorization });
    const isFirst = url.origin === `https://${host}` && url.pathname.startsWith("/v2/");
    const challenge: Answer = { status: 401, headers: { "www-authenticate": 'Basic realm="r"' } };
    const said = authorization === undefined ? challenge : say(place, request);
    const { status, headers: given = {}, body = "" } = (isFirst ? said : undefined) ?? { status: 404 };
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(body);
    }
    return { status, headers: given, url, body: bytes(), cancel: () => {} };
  };
  const authenticator = createAuthenticator({
    credentials: async () => ({
      credential: { kind: "basic", username: "ann", password: "secret" },
      source: "test",
    }),
  });
  const registry = createHttpRegistry(host, {
    authenticator,
    retry: { retries: 0 },
    transport: { handle, close: async () => {} },
  });
  const run = async (): Promise<void> => {
    try {
      await ask(registry);
    } catch {
      // Most of it has to fail: what counts is what was sent where.
    }
  };
  return { seen, run };
}

describe.each(verbs)("$name takes credentials to no other origin, and nobody inside", (verb) => {
  test.each(places)("%j", async (place) => {
    const { seen, run } = startSteering(verb, place);
    await run();
    expect(seen.some(({ authorization }) => authorization !== undefined)).toBe(true);
    for (const { url, authorization } of seen) {
      expect(leadsInward(host, url.hostname), url.href).toBe(false);
      if (authorization !== undefined) expect(url.origin).toBe(`https://${host}`);
    }
  });
});

test("urls of a descriptor are not followed at all", async () => {
  const verb = verbs.find(({ name }) => name === "urls of a descriptor");
  if (verb === undefined) throw new Error("the verb is gone");
  const { seen, run } = startSteering(verb, "https://evil.example/latest");
  await run();
  expect(new Set(seen.map(({ url }) => url.host))).toEqual(new Set([host]));
});

describe("a token server", () => {
  const tokenOf = async (realm: string, answer: Answer): Promise<readonly Seen[]> => {
    const seen: Seen[] = [];
    const handle = async ({ url, headers: { authorization } }: HttpRequest): Promise<HttpResponse> => {
      seen.push({ url, authorization });
      const challenge = `Bearer realm="${realm}",service="s"`;
      const isRegistry = url.host === host && url.pathname.startsWith("/v2/");
      const refusal: Answer = { status: 401, headers: { "www-authenticate": challenge } };
      const { status, headers = {}, body = "" } = isRegistry ? refusal : answer;
      async function* bytes(): AsyncGenerator<Uint8Array> {
        yield Buffer.from(body);
      }
      return { status, headers, url, body: bytes(), cancel: () => {} };
    };
    const authenticator = createAuthenticator({
      credentials: async () => ({
        credential: { kind: "basic", username: "ann", password: "secret" },
        source: "test",
      }),
    });
    const transport = { handle, close: async () => {} };
    const registry = createHttpRegistry(host, { authenticator, retry: { retries: 0 }, transport });
    await expect(registry.manifest(repository, "v1")).rejects.toBeInstanceOf(Error);
    return seen;
  };

  test.each([
    "https://169.254.169.254/token",
    "https://[::ffff:a9fe:a9fe]/token",
    "https://127.1/token",
    "https://metadata.google.internal/token",
    "http://auth.example/token",
    "https://user:password@auth.example/token",
    "//169.254.169.254/token",
    "/token",
  ])("%j is not asked", async (realm) => {
    const seen = await tokenOf(realm, { status: 200, body: '{"token":"t"}' });
    expect(seen.map((request) => [request.url.host, request.authorization])).toEqual([[host, undefined]]);
  });

  test("is not followed when it redirects", async () => {
    const location = "https://evil.example/token";
    const seen = await tokenOf("https://auth.example/token", { status: 307, headers: { location } });
    expect(seen.map(({ url }) => url.host)).toEqual([host, "auth.example"]);
  });

  test("gives a token that is sent to the registry only, whatever else it says", async () => {
    const body = JSON.stringify({ token: "t", realm: "https://evil.example/", url: "//evil.example/" });
    const seen = await tokenOf("https://auth.example/token", { status: 200, body });
    const withToken = seen.filter(({ authorization }) => authorization === "Bearer t");
    expect(withToken.map(({ url }) => url.host)).toEqual([host]);
    expect(new Set(seen.map(({ url }) => url.host))).toEqual(new Set([host, "auth.example"]));
  });
});

describe("the authorization layer", () => {
  test.each([
    "https://evil.example/v2/",
    "http://registry.example.com/v2/",
    "https://registry.example.com:8443/v2/",
    "https://registry.example.com./v2/",
  ])("sends nothing to %s with the credentials of another origin", async (place) => {
    let asked = 0;
    const layer = withAuthorization({
      current: () => "Bearer secret",
      answer: async () => "Bearer secret",
    });
    const send = layer(async ({ url }) => {
      asked += 1;
      return { status: 200, headers: {}, url, body: (async function* () {})(), cancel: () => {} };
    });
    const auth = { origin: `https://${host}`, host, scopes: [] };
    const sending = send({ method: "GET", url: new URL(place), headers: {}, auth });
    await expect(sending).rejects.toMatchObject({ code: "UnsafeRedirect", host });
    expect(asked).toBe(0);
  });
});
