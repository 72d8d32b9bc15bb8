import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import path from "node:path";
import type { TLSSocket } from "node:tls";
import { startTestRegistry } from "@blob/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HttpRegistryOptions } from "../http-registry.js";
import { createHttpRegistry } from "../http-registry.js";
import { createMemoryRegistry } from "../memory-registry.js";
import { createRegistryServer } from "../server/registry-server.js";
import { blobOf, chunksOf, collect } from "../testing/bytes.js";

const pem = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, "../../fixtures/tls", name), "utf8");
const blob = blobOf("content");

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
  const { listener } = createRegistryServer(memory);
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
    await expect(open(server.host, {}).manifest("acme/site", "v1")).rejects.toMatchObject({
      code: "Network",
    });
  });
});

/** A proxy that leads every tunnel to one place, and remembers where they wanted to go. */
async function startProxy(target: string): Promise<{ readonly url: string; readonly tunnels: string[] }> {
  const tunnels: string[] = [];
  const server = createServer();
  server.on("connect", (request, socket) => {
    tunnels.push(`${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""}`.trim());
    const { hostname, port } = new URL(`http://${target}`);
    const upstream = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket]) {
      end.on("error", () => {
        upstream.destroy();
        socket.destroy();
      });
    }
    onTestFinished(() => void upstream.destroy());
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, tunnels };
}

describe("a proxy", () => {
  test("is used for registries elsewhere, with its password, and not for exceptions or this machine", async () => {
    const server = await startTestRegistry();
    onTestFinished(() => server.close());
    await server.registry.pushBlob("acme/site", blob, () => chunksOf(blob.bytes));
    const { url, tunnels } = await startProxy(server.host);
    const proxy = { http: url.replace("//", "//ann:secret@"), exceptions: "direct.invalid" };
    const plainHttp = { plainHttp: true, retry: { retries: 0 } };
    expect(
      await open("registry.invalid:5000", { ...plainHttp, proxy }).statBlob("acme/site", blob.digest),
    ).toBe(7);
    const credentials = Buffer.from("ann:secret").toString("base64");
    expect(tunnels).toEqual([`registry.invalid:5000 Basic ${credentials}`]);
    expect(server.requests[0]?.headers["proxy-authorization"]).toBeUndefined();
    await expect(
      open("direct.invalid", { ...plainHttp, proxy }).statBlob("acme/site", blob.digest),
    ).rejects.toMatchObject({ code: "Network" });
    expect(await open(server.host, { ...plainHttp, proxy }).statBlob("acme/site", blob.digest)).toBe(7);
    expect(tunnels).toHaveLength(1);
  });

  test("that is no URL is an error that does not show it", async () => {
    const registry = open("registry.invalid", { proxy: { https: "ann:secret@" }, retry: { retries: 0 } });
    const error: unknown = await registry.manifest("acme/site", "v1").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "InvalidArgument" });
    expect(String(error)).not.toContain("secret");
  });
});
