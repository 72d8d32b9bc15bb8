import { once } from "node:events";
import type { Server } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, LookupFunction } from "node:net";
import { isIP } from "node:net";
import { createAuthenticator } from "@blob/auth";
import { startTestProxy, startTestRegistry } from "@blob/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { isRegistryError } from "../../errors.js";
import type { HttpRegistry, HttpRegistryOptions } from "../../http-registry.js";
import { createHttpRegistry } from "../../http-registry.js";
import { blobOf, chunksOf, collect } from "../../testing/bytes.js";
import { fakeClock } from "../../testing/fake-http.js";
import { checkAddress, guardedLookup, InwardAddressError, inwardAddressOf } from "./connection-guard.js";
import { createConnector } from "./connector.js";
import { createDispatchers } from "./dispatcher.js";
import { createReachedZones } from "./reached-zones.js";

const repository = "acme/site";
const blob = blobOf("content");

/** Public, and given to nobody: what goes there gets no answer. */
const nowhere = "3000::1";

/** A server that must not be asked, and how many connections it got. */
interface Vault {
  readonly port: number;
  connections: number;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

async function startVault(): Promise<Vault> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-length": blob.size }).end(blob.bytes);
  });
  const vault = { port: await listen(server), connections: 0 };
  server.on("connection", () => (vault.connections += 1));
  return vault;
}

/** The answers to each name's look-ups, in their order; the last one is repeated. Names that are not here have no address. */
type Names = Readonly<Record<string, readonly (readonly string[])[]>>;

function resolver(names: Names): { readonly lookup: LookupFunction; readonly asked: string[] } {
  const asked: string[] = [];
  const lookup: LookupFunction = (hostname, options, callback) => {
    const answers = names[hostname] ?? [];
    const before = asked.filter((name) => name === hostname).length;
    asked.push(hostname);
    const found = (answers[Math.min(before, answers.length - 1)] ?? []).map((address) => ({
      address,
      family: isIP(address),
    }));
    const error = Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
    setImmediate(() => {
      if (found[0] === undefined) callback(error, []);
      else if (options.all === true) callback(null, found);
      else callback(null, found[0].address, found[0].family);
    });
  };
  return { lookup, asked };
}

function open(host: string, options: HttpRegistryOptions): HttpRegistry {
  const registry = createHttpRegistry(host, { plainHttp: true, retry: { retries: 0 }, ...options });
  onTestFinished(() => registry.close());
  return registry;
}

/** Something that a registry says, and that a client goes by. */
interface Word {
  readonly name: string;
  readonly say: (
    place: string,
    method: string,
  ) => { readonly status: number; readonly headers: Record<string, string> };
  readonly ask: (registry: HttpRegistry) => Promise<unknown>;
}

const push = async (registry: HttpRegistry): Promise<unknown> =>
  registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));

const words: readonly Word[] = [
  {
    name: "a redirect of a manifest",
    say: (place) => ({ status: 307, headers: { location: place } }),
    ask: (registry) => registry.manifest(repository, "v1"),
  },
  {
    name: "a redirect of a blob",
    say: (place) => ({ status: 302, headers: { location: place } }),
    ask: (registry) => collect(registry.readBlob(repository, blob)),
  },
  {
    name: "the Location of an upload",
    say: (place, method) =>
      method === "POST"
        ? { status: 202, headers: { location: place } }
        : { status: 404, headers: { "content-length": "0" } },
    ask: push,
  },
  {
    name: "the redirect of an upload",
    say: (place, method) =>
      method === "POST"
        ? { status: 307, headers: { location: place } }
        : { status: 404, headers: { "content-length": "0" } },
    ask: push,
  },
  {
    name: "a realm",
    say: (place) => ({ status: 401, headers: { "www-authenticate": `Bearer realm="${place}",service="s"` } }),
    ask: (registry) => registry.manifest(repository, "v1"),
  },
];

/** A registry that has a public name and is reached through a proxy; names below direct.example are not. */
async function startPublic(word: Word, place: string): Promise<HttpRegistryOptions> {
  const server = createServer((request, response) => {
    const { status, headers } = word.say(place, request.method ?? "");
    response.writeHead(status, headers).end();
  });
  const proxy = await startTestProxy(await listen(server));
  onTestFinished(() => proxy.close());
  const authenticator = createAuthenticator({
    credentials: async () => ({
      credential: { kind: "basic", username: "ann", password: "secret" },
      source: "test",
    }),
  });
  return { authenticator, proxy: { http: `http://${proxy.host}`, exceptions: ".direct.example" } };
}

describe.each(words)("$name of a public registry", (word) => {
  test("leads to no private address", async () => {
    const vault = await startVault();
    const { lookup } = resolver({ "storage.direct.example": [["127.0.0.1"]] });
    const options = await startPublic(word, `http://storage.direct.example:${vault.port}/x`);
    const error: unknown = await word
      .ask(open("registry.example", { ...options, lookup }))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "UnsafeRedirect", host: "registry.example" });
    expect(String(error)).toMatch(
      /registry\.example leads this client to storage\.direct\.example at 127\.0\.0\.1, which is this machine itself/u,
    );
    expect(String(error)).toMatch(/If that is meant, /u);
    expect(vault.connections).toBe(0);
  });

  test("leads to no private address that its name gets at the second look-up", async () => {
    const vault = await startVault();
    const { lookup, asked } = resolver({ "storage.direct.example": [[nowhere], ["127.0.0.1"]] });
    const options = await startPublic(word, `http://storage.direct.example:${vault.port}/x`);
    const registry = open("registry.example", { ...options, lookup, timeouts: { connectMs: 200 } });
    await expect(word.ask(registry)).rejects.toThrow();
    await expect(word.ask(registry)).rejects.toMatchObject({ code: "UnsafeRedirect" });
    // Each connection looked its name up once: nothing asks again after the addresses were checked.
    expect(asked).toEqual(["storage.direct.example", "storage.direct.example"]);
    expect(vault.connections).toBe(0);
  });
});

const [redirectOfManifest] = words;
if (redirectOfManifest === undefined) throw new Error("there is nothing to try");
const redirect = redirectOfManifest;

describe("a name", () => {
  test.each([
    [["10.0.0.1"]],
    [["192.168.1.1"]],
    [["100.64.0.1"]],
    [["169.254.169.254"]],
    [["0.0.0.0"]],
    [["224.0.0.1"]],
    [["::1"]],
    [["::"]],
    [["fe80::1"]],
    [["fd00::1"]],
    [["::ffff:127.0.0.1"]],
    [["64:ff9b::7f00:1"]],
    [["2002:7f00:1::"]],
    [[nowhere, "10.0.0.1"]],
    [["10.0.0.1", nowhere]],
    [[nowhere, "::1", "3000::2"]],
  ])("with the addresses %j is not connected to for a public registry", async (addresses) => {
    const { lookup } = resolver({ "storage.direct.example": [addresses] });
    const options = await startPublic(redirect, "http://storage.direct.example/x");
    await expect(redirect.ask(open("registry.example", { ...options, lookup }))).rejects.toMatchObject({
      code: "UnsafeRedirect",
    });
  });

  test("without an address, or with something else than addresses, is a Network error", async () => {
    for (const addresses of [[], ["localhost"], ["127.0.0.1.nip.example"]]) {
      const { lookup } = resolver({ "storage.direct.example": [addresses] });
      const options = await startPublic(redirect, "http://storage.direct.example/x");
      const asking = redirect.ask(open("registry.example", { ...options, lookup }));
      await expect(asking).rejects.toMatchObject({ code: "Network" });
    }
  });

  test("that gets a private address at a retry is not tried further", async () => {
    const vault = await startVault();
    const { lookup, asked } = resolver({ "storage.direct.example": [[nowhere], ["127.0.0.1"]] });
    const options = await startPublic(redirect, `http://storage.direct.example:${vault.port}/x`);
    const registry = open("registry.example", {
      ...options,
      lookup,
      timeouts: { connectMs: 200 },
      retry: { retries: 5, clock: fakeClock() },
    });
    await expect(redirect.ask(registry)).rejects.toMatchObject({ code: "UnsafeRedirect" });
    expect(asked).toHaveLength(2);
    expect(vault.connections).toBe(0);
  });
});

describe("a registry inside", () => {
  test("that the user named is reached, and may lead to its neighbours", async () => {
    const vault = await startVault();
    const server = await startTestRegistry({
      quirks: { redirectTo: `http://storage.direct.example:${vault.port}/x` },
      allowedHosts: ["registry.direct.example"],
    });
    onTestFinished(() => server.close());
    await server.registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
    const { lookup } = resolver({
      "registry.direct.example": [["127.0.0.1"]],
      "storage.direct.example": [["127.0.0.1"]],
    });
    const port = server.host.split(":")[1] ?? "";
    const registry = open(`registry.direct.example:${port}`, { lookup });
    expect(await registry.statBlob(repository, blob.digest)).toBe(blob.size);
    expect((await collect(registry.readBlob(repository, blob))).toString()).toBe("content");
    expect(vault.connections).toBe(1);
  });

  test("leads there no longer by way of a public server, not even over a connection that is open", async () => {
    const vault = await startVault();
    const inside = `http://storage.direct.example:${vault.port}/x`;
    const middle = createServer((_request, response) => {
      response.writeHead(307, { location: inside }).end();
    });
    const proxy = await startTestProxy(await listen(middle));
    onTestFinished(() => proxy.close());
    let location = inside;
    const front = createServer((_request, response) => {
      response.writeHead(307, { location }).end();
    });
    const { lookup } = resolver({
      "registry.direct.example": [["127.0.0.1"]],
      "storage.direct.example": [["127.0.0.1"]],
    });
    const registry = open(`registry.direct.example:${await listen(front)}`, {
      lookup,
      proxy: { http: `http://${proxy.host}`, exceptions: ".direct.example" },
    });
    expect((await collect(registry.readBlob(repository, blob))).toString()).toBe("content");
    location = "http://public.example/x";
    await expect(registry.manifest(repository, "v1")).rejects.toMatchObject({
      code: "UnsafeRedirect",
      host: "public.example",
    });
    expect(proxy.asked).toHaveLength(1);
    expect(vault.connections).toBe(1);
  });
});

test("an address in a URL is no way around", async () => {
  const vault = await startVault();
  const dispatchers = createDispatchers("http://registry.example", { proxy: false });
  onTestFinished(() => dispatchers.close());
  const from = new URL("http://registry.example");
  for (const place of ["127.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0"]) {
    const url = new URL(`http://${place}:${vault.port}/x`);
    const dispatcher = await dispatchers.for(url, from);
    await expect(dispatcher.request({ origin: url.origin, path: "/x", method: "GET" })).rejects.toMatchObject(
      { code: "ERR_INWARD_ADDRESS" },
    );
  }
  expect(vault.connections).toBe(0);
});

test("a resolver that gives one address although it was asked for all is checked, too", async () => {
  const vault = await startVault();
  const undici = await import("undici");
  const lookup: LookupFunction = (_hostname, _options, callback) => callback(null, "127.0.0.1", 4);
  const connect = createConnector(undici, { tls: {}, lookup, limit: "public", onConnected: () => {} });
  const options = { hostname: "storage.example", protocol: "http:", port: String(vault.port) };
  const failure = await new Promise((resolve) => {
    connect(options, (...outcome) => resolve(outcome[0]));
  });
  expect(failure).toMatchObject({ code: "ERR_INWARD_ADDRESS", address: "127.0.0.1" });
  expect(vault.connections).toBe(0);
});

test("who was once reached outside never counts as being inside again, and strangers are outside", () => {
  const zones = createReachedZones();
  expect(zones.of("https://registry.example")).toBe("public");
  zones.record("https://registry.example", "127.0.0.1");
  expect(zones.of("https://registry.example")).toBe("loopback");
  zones.record("https://registry.example", "10.0.0.1");
  zones.record("https://registry.example", "127.0.0.1");
  expect(zones.of("https://registry.example")).toBe("private");
  zones.record("https://registry.example", "203.1.113.1");
  zones.record("https://registry.example", "127.0.0.1");
  expect(zones.of("https://registry.example")).toBe("public");
  expect(zones.of("https://registry.example:8443")).toBe("public");
  for (let at = 0; at < 3000; at += 1) zones.record(`https://${String(at)}.example`, "127.0.0.1");
  expect(zones.of("https://0.example")).toBe("public");
  expect(zones.of("https://2999.example")).toBe("loopback");
});

test("what fails on the way is an error of this package", async () => {
  const { lookup } = resolver({});
  const error: unknown = await open("registry.direct.example", { lookup })
    .manifest(repository, "v1")
    .catch((thrown: unknown) => thrown);
  expect(isRegistryError(error) && error.code).toBe("Network");
});

test.each([
  ["10.0.0.1", "inside of the network"],
  ["169.254.169.254", "a service for this machine alone"],
  ["127.0.0.1", "this machine itself"],
])("the error about %s says that it is %s", (address, what) => {
  const check = (): void => checkAddress("cdn.example", address, "public");
  expect(check).toThrow(expect.objectContaining({ host: "cdn.example", address }));
  expect(check).toThrow(`cdn.example at ${address}, which is ${what}`);
});

test("errors that cause each other end the look for an address", () => {
  const [one, other] = [new Error("one"), new Error("other")];
  one.cause = other;
  other.cause = one;
  expect(inwardAddressOf(one)).toBeUndefined();
  const inward = new InwardAddressError("cdn.example", "10.0.0.1");
  expect(inwardAddressOf(new Error("wrapped", { cause: inward }))).toBe(inward);
});

test("a look-up hands on what went wrong, and one address to who asks for one", () => {
  const answers: unknown[] = [];
  const note: Parameters<LookupFunction>[2] = (...answer) => void answers.push(answer);
  const failure = Object.assign(new Error("try again"), { code: "EAI_AGAIN" });
  guardedLookup((_name, _options, callback) => callback(failure, []), "public")("a.example", {}, note);
  const found = [{ address: "8.8.8.8", family: 4 }];
  const lookup = guardedLookup((_name, _options, callback) => callback(null, found), "public");
  lookup("a.example", {}, note);
  lookup("a.example", { all: true }, note);
  expect(answers).toEqual([
    [failure, [], undefined],
    [null, "8.8.8.8", 4],
    [null, found],
  ]);
});
