import { lookup as systemLookup } from "node:dns";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, LookupFunction, Server } from "node:net";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import path from "node:path";
import { createAuthenticator, forHosts } from "@blob/auth";
import { startTestRegistry } from "@blob/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HttpRegistryOptions } from "../../http-registry.js";
import { createHttpRegistry } from "../../http-registry.js";
import { createMemoryRegistry } from "../../memory-registry.js";
import { createHttpMirror } from "../../mirrors/http-mirror.js";
import { createRegistryServer } from "../../server/registry-server.js";
import { blobOf, chunksOf, collect } from "../../testing/bytes.js";

const pem = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, "../../../fixtures/tls", name), "utf8");
const blob = blobOf("content");
const other = blobOf("more");

async function startPlain(): Promise<Awaited<ReturnType<typeof startTestRegistry>>> {
  const registry = await startTestRegistry();
  onTestFinished(() => registry.close());
  await registry.registry.pushBlob("acme/site", blob, () => chunksOf(blob.bytes));
  return registry;
}

async function listen(server: Server, address = "127.0.0.1"): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

interface TlsRegistry {
  readonly host: string;
  /** What connections began with. */
  readonly begins: ("tls" | "plain")[];
  /** Requests that came over TLS. */
  readonly requests: string[];
}

/** A registry behind TLS that tells what came to its port. */
async function startTls(): Promise<TlsRegistry> {
  const memory = createMemoryRegistry();
  await memory.pushBlob("acme/site", blob, () => chunksOf(blob.bytes));
  const { listener } = createRegistryServer(memory);
  const requests: string[] = [];
  const begins: ("tls" | "plain")[] = [];
  const server = createTlsServer({ cert: pem("server.pem"), key: pem("server.key") }, (request, response) => {
    requests.push(request.url ?? "");
    listener(request, response);
  });
  onTestFinished(() => server.closeAllConnections());
  const front = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("readable", () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      begins.push(first[0] === 0x16 ? "tls" : "plain");
      socket.unshift(first);
      server.emit("connection", socket);
    });
  });
  return { host: `127.0.0.1:${await listen(front)}`, begins, requests };
}

function open(host: string, options: HttpRegistryOptions = {}): ReturnType<typeof createHttpRegistry> {
  const registry = createHttpRegistry(host, { retry: { retries: 0 }, ...options });
  onTestFinished(() => registry.close());
  return registry;
}

const leadsTo =
  (address: string): LookupFunction =>
  (_, options, callback) =>
    systemLookup(address, options, callback);

const noTls = { code: "Network", cause: { code: "ERR_SSL_WRONG_VERSION_NUMBER" } };

describe("a registry on this machine, of which nobody said how it is spoken to,", () => {
  test("is spoken to in plain HTTP when it speaks no TLS, with credentials, and TLS is tried once", async () => {
    const { host, quirks, requests } = await startPlain();
    quirks.tokenAuth = { username: "me", password: "secret" };
    const credential = { kind: "basic", username: "me", password: "secret" } as const;
    const credentials = forHosts([host], () => Promise.resolve({ credential, source: "this test" }));
    const authenticator = createAuthenticator({ credentials });
    const traced: string[] = [];
    const registry = open(host, { authenticator, trace: ({ url }) => traced.push(url) });
    expect(registry.origin).toBe(`https://${host}`);
    await registry.pushBlob("acme/site", other, () => chunksOf(other.bytes));
    expect(await collect(registry.readBlob("acme/site", blob))).toEqual(blob.bytes);
    expect(registry.origin).toBe(`http://${host}`);
    expect(traced.filter((url) => url.startsWith("https:"))).toHaveLength(1);
    expect(traced).toHaveLength(requests.length + 1);
  });

  test("is so for all of the first requests, which are under way at the same time", async () => {
    const { host } = await startPlain();
    const registry = open(host);
    const reads = Array.from({ length: 5 }, () => collect(registry.readBlob("acme/site", blob)));
    for (const read of await Promise.all(reads)) expect(read).toEqual(blob.bytes);
  });

  test("is so by a name, if the name leads to this machine", async () => {
    const { host } = await startPlain();
    const port = host.slice(host.indexOf(":"));
    for (const name of ["localhost", "registry.localhost"]) {
      const registry = open(`${name}${port}`, { lookup: leadsTo("127.0.0.1") });
      expect(await collect(registry.readBlob("acme/site", blob))).toEqual(blob.bytes);
    }
  });

  test("gets nothing in plain when its name leads to another machine", async () => {
    const address = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
    if (address === undefined) {
      console.log("not tried: this machine has no address but the loopback ones");
      return;
    }
    let requests = 0;
    const server = createHttpServer((_, response) => {
      requests += 1;
      response.end();
    });
    const port = await listen(server, address);
    const registry = open(`registry.localhost:${port}`, { lookup: leadsTo(address) });
    await expect(registry.resolve("acme/site", "v1")).rejects.toMatchObject({
      code: "Network",
      message: expect.stringContaining("which is not this machine"),
    });
    expect(requests).toBe(0);
  });

  test("is spoken to over TLS when it speaks TLS, without a request or connection more", async () => {
    const { host, begins, requests } = await startTls();
    const registry = open(host, { tls: { ca: pem("ca.pem") } });
    expect(await collect(registry.readBlob("acme/site", blob))).toEqual(blob.bytes);
    expect(registry.origin).toBe(`https://${host}`);
    expect(begins).toEqual(["tls"]);
    expect(requests).toHaveLength(1);
  });

  test("gets nothing in plain when its certificate is not trusted", async () => {
    const { host, begins, requests } = await startTls();
    const registry = open(host);
    for (let times = 0; times < 2; times += 1) {
      await expect(collect(registry.readBlob("acme/site", blob))).rejects.toMatchObject({
        code: "Network",
        message: expect.stringContaining("its certificate is not trusted"),
      });
    }
    expect(begins).toEqual(["tls", "tls"]);
    expect(requests).toEqual([]);
  });

  test("gets nothing in plain once it has answered over TLS", async () => {
    const options = { cert: pem("server.pem"), key: pem("server.key") };
    const server = createTlsServer(options, (_, response) => {
      response.setHeader("connection", "close");
      response.writeHead(404).end();
    });
    let plain = 0;
    const plainServer = createHttpServer((_, response) => {
      plain += 1;
      response.end();
    });
    let behind: Server = server;
    const port = await listen(
      createServer((socket) => {
        socket.on("error", () => {});
        behind.emit("connection", socket);
      }),
    );
    const registry = open(`127.0.0.1:${port}`, { tls: { ca: pem("ca.pem") } });
    await expect(registry.resolve("acme/site", "v1")).rejects.toMatchObject({ code: "NotFound" });
    behind = plainServer;
    await expect(registry.resolve("acme/site", "v1")).rejects.toMatchObject(noTls);
    expect(plain).toBe(0);
  });

  test("may be a mirror", async () => {
    const { host } = await startPlain();
    const mirror = createHttpMirror({ host });
    onTestFinished(() => mirror.close());
    expect(await collect(mirror.registry.readBlob("acme/site", blob))).toEqual(blob.bytes);
  });
});

test("TLS that is asked for is not given up on this machine either", async () => {
  const { host, requests } = await startPlain();
  await expect(open(host, { plainHttp: false }).resolve("acme/site", "v1")).rejects.toMatchObject(noTls);
  expect(requests).toEqual([]);
});

test("a registry that only a look-up finds on this machine gets nothing in plain", async () => {
  const { host, requests } = await startPlain();
  const registry = open(`registry.example${host.slice(host.indexOf(":"))}`, {
    lookup: leadsTo("127.0.0.1"),
    proxy: false,
  });
  await expect(registry.resolve("acme/site", "v1")).rejects.toMatchObject(noTls);
  expect(requests).toEqual([]);
});
