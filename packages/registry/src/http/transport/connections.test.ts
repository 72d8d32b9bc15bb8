import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { TLSSocket } from "node:tls";
import { inspect } from "node:util";
import type { TestProxy } from "@blob/testing";
import { startTestProxy, startTestRegistry } from "@blob/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HttpRegistryOptions } from "../../http-registry.js";
import { createHttpRegistry } from "../../http-registry.js";
import { createMemoryRegistry } from "../../memory-registry.js";
import { createRegistryServer } from "../../server/registry-server.js";
import { blobOf, chunksOf, collect } from "../../testing/bytes.js";

const pem = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, "../../../fixtures/tls", name), "utf8");
const blob = blobOf("content");
const other = blobOf("more");

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** A registry behind TLS, and the names of the client certificates that it was shown. */
async function startTls(requestCert = false): Promise<{ readonly host: string; readonly clients: string[] }> {
  const memory = createMemoryRegistry();
  await memory.pushBlob("acme/site", blob, () => chunksOf(blob.bytes));
  const { listener } = createRegistryServer(memory, { allowedHosts: ["registry.invalid"] });
  const clients: string[] = [];
  const options = {
    cert: pem("server.pem"),
    key: pem("server.key"),
    ca: pem("ca.pem"),
    requestCert,
    rejectUnauthorized: false,
  };
  const server = createTlsServer(options, (request, response) => {
    const subject: unknown = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
    clients.push(String(subject));
    listener(request, response);
  });
  return { host: `localhost:${await listen(server)}`, clients };
}

function open(host: string, options: HttpRegistryOptions): ReturnType<typeof createHttpRegistry> {
  const registry = createHttpRegistry(host, options);
  onTestFinished(() => registry.close());
  return registry;
}

describe("TLS", () => {
  test("an unknown authority is refused, at once and with a reason", async () => {
    const { host } = await startTls();
    const error: unknown = await open(host, {})
      .statBlob("acme/site", blob.digest)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "Network", host });
    expect(String(error)).toMatch(/certificate/u);
    expect(String(error)).not.toMatch(/check the host name/u);
  });

  test.each<[string, HttpRegistryOptions]>([
    ["an authority that was given", { tls: { ca: pem("ca.pem") } }],
    ["insecure", { tls: { insecure: true } }],
  ])("works with %s", async (_name, options) => {
    const { host } = await startTls();
    expect(await open(host, options).statBlob("acme/site", blob.digest)).toBe(7);
  });

  test("shows the client certificate to the registry and nobody else", async () => {
    const storage = await startTls(true);
    const front = createTlsServer(
      {
        cert: pem("server.pem"),
        key: pem("server.key"),
        ca: pem("ca.pem"),
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => {
        const subject: unknown = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
        storage.clients.push(`registry: ${String(subject)}`);
        response.writeHead(307, { location: `https://${storage.host}${request.url ?? ""}` }).end();
      },
    );
    const host = `localhost:${await listen(front)}`;
    const certificate = { cert: pem("client.pem"), key: pem("client.key") };
    const registry = open(host, { tls: { ca: pem("ca.pem"), certificate } });
    expect((await collect(registry.readBlob("acme/site", blob))).toString()).toBe("content");
    expect(storage.clients).toEqual(["registry: client", "undefined"]);
  });

  test("insecure does not extend to where the registry redirects to", async () => {
    const storage = await startTls();
    const front = createTlsServer(
      { cert: pem("server.pem"), key: pem("server.key") },
      (request, response) => {
        response.writeHead(307, { location: `https://${storage.host}${request.url ?? ""}` }).end();
      },
    );
    const registry = open(`localhost:${await listen(front)}`, { tls: { insecure: true } });
    await expect(collect(registry.readBlob("acme/site", blob))).rejects.toMatchObject({ code: "Network" });
  });

  test("a registry that speaks plain http is told apart", async () => {
    const server = await startTestRegistry();
    onTestFinished(() => server.close());
    await expect(open(server.host, { plainHttp: false }).manifest("acme/site", "v1")).rejects.toMatchObject({
      code: "Network",
    });
  });
});

async function proxied(target: string): Promise<TestProxy> {
  const proxy = await startTestProxy(Number(new URL(`http://${target}`).port));
  onTestFinished(() => proxy.close());
  return proxy;
}

const basic = (credentials: string): string => `Basic ${Buffer.from(credentials).toString("base64")}`;

describe("a proxy", () => {
  const plainHttp = { plainHttp: true, retry: { retries: 0 } };

  test("gets requests for http registries as its own, and none for exceptions and this machine", async () => {
    const server = await startTestRegistry({ allowedHosts: ["registry.invalid"] });
    onTestFinished(() => server.close());
    await server.registry.pushBlob("acme/site", blob, () => chunksOf(blob.bytes));
    const { host, asked } = await proxied(server.host);
    const proxy = { http: `http://ann:secret@${host}`, exceptions: "direct.invalid, 192.0.2.0/24" };
    const registry = open("registry.invalid:5000", { ...plainHttp, proxy });
    expect(await registry.statBlob("acme/site", blob.digest)).toBe(7);
    const url = `http://registry.invalid:5000/v2/acme/site/blobs/${blob.digest}`;
    expect(asked).toEqual([`HEAD ${url} ${basic("ann:secret")}`]);
    expect(server.requests[0]?.headers["proxy-authorization"]).toBeUndefined();
    expect(server.requests[0]?.headers["host"]).toBe("registry.invalid:5000");
    await registry.pushBlob("acme/site", other, () => chunksOf(other.bytes));
    expect((await collect(registry.readBlob("acme/site", other))).toString()).toBe("more");
    const count = asked.length;
    await expect(
      open("direct.invalid", { ...plainHttp, proxy }).statBlob("acme/site", blob.digest),
    ).rejects.toMatchObject({ code: "Network" });
    await expect(
      open("192.0.2.1", { ...plainHttp, proxy, timeouts: { connectMs: 50 } }).statBlob(
        "acme/site",
        blob.digest,
      ),
    ).rejects.toThrow();
    expect(await open(server.host, { ...plainHttp, proxy }).statBlob("acme/site", blob.digest)).toBe(7);
    expect(asked).toHaveLength(count);
  });

  test("gets tunnels for https registries, with a user without a password, too", async () => {
    const { host: registry } = await startTls();
    const { host, asked } = await proxied(registry);
    const proxy = { https: `http://t%40ken@${host}` };
    const options = { proxy, tls: { insecure: true }, retry: { retries: 0 } };
    expect(await open("registry.invalid", options).statBlob("acme/site", blob.digest)).toBe(7);
    expect(asked).toEqual([`CONNECT registry.invalid:443 ${basic("t@ken:")}`]);
  });

  test.each([
    ["http", { plainHttp: true }],
    ["https", {}],
  ] as const)(
    "that wants credentials for %s is an error that says where to put them, at once",
    async (_, how) => {
      const proxy = await proxied("127.0.0.1:1");
      proxy.refuse = 407;
      const ask = async (credentials: string): Promise<unknown> => {
        const url = `http://${credentials}${proxy.host}`;
        const registry = open("registry.invalid", { ...how, proxy: { http: url, https: url } });
        return registry.statBlob("acme/site", blob.digest).catch((thrown: unknown) => thrown);
      };
      expect(await ask("")).toMatchObject({
        code: "Network",
        status: 407,
        message: expect.stringContaining(`the proxy ${proxy.host} wants credentials (HTTP 407)`) as string,
      });
      expect(proxy.asked).toHaveLength(1);
      const refused = await ask("ann:secret@");
      expect(refused).toMatchObject({ code: "Network", status: 407 });
      expect(String(refused)).toContain("does not accept the user and password in its URL");
      expect(inspect(refused, { depth: 9 })).not.toMatch(/secret|ann|Basic/u);
      expect(proxy.asked).toHaveLength(2);
    },
  );

  test.each([
    [403, 1, "does not connect to registry.invalid:443 (HTTP 403)"],
    [502, 3, "could not connect to registry.invalid:443 (HTTP 502)"],
  ])("that answers %d to CONNECT is asked %d times", async (status, times, message) => {
    const proxy = await proxied("127.0.0.1:1");
    proxy.refuse = status;
    const clock = { now: () => 0, random: () => 0, sleep: () => Promise.resolve() };
    const options = { proxy: { https: `http://${proxy.host}` }, retry: { retries: 2, clock } };
    await expect(open("registry.invalid", options).statBlob("acme/site", blob.digest)).rejects.toMatchObject({
      code: "Network",
      status,
      message: expect.stringContaining(message) as string,
    });
    expect(proxy.asked).toHaveLength(times);
  });

  test("that is no URL is an error that does not show it", async () => {
    const registry = open("registry.invalid", { proxy: { https: "ann:secret@" }, retry: { retries: 0 } });
    const error: unknown = await registry.manifest("acme/site", "v1").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "InvalidArgument" });
    expect(inspect(error, { depth: 9 })).not.toContain("secret");
  });
});
