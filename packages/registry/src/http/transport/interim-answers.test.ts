import { readFileSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HttpRegistry, HttpRegistryOptions } from "../../http-registry.js";
import { createHttpRegistry } from "../../http-registry.js";
import { blobOf, chunksOf, collect } from "../../testing/bytes.js";

const repository = "acme/site";
const blob = blobOf("HTTP/1.1 100 Continue\r\n\r\nis what this blob says");
const pem = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, "../../../fixtures/tls", name), "utf8");

/** Answers each request on a connection, whose body has been read, with these packets. */
type Say = (method: string, requestPath: string) => readonly (string | Buffer)[];

function converse(socket: Socket, say: Say): void {
  let text = "";
  let turn = Promise.resolve();
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    for (;;) {
      const head = /^([A-Z]+) (\S+) HTTP\/1\.1\r\n[\s\S]*?\r\n\r\n/u.exec(text);
      const length = Number(/\ncontent-length: (\d+)/iu.exec(head?.[0] ?? "")?.[1] ?? 0);
      if (head === null || text.length < head[0].length + length) return;
      text = text.slice(head[0].length + length);
      const packets = say(head[1] ?? "", head[2] ?? "");
      turn = sendPackets(turn, socket, packets);
    }
  });
}

async function sendPackets(
  before: Promise<void>,
  socket: Socket,
  packets: readonly (string | Buffer)[],
): Promise<void> {
  await before;
  for (const packet of packets) {
    socket.write(packet);
    // Each one a packet of its own.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function open(
  server: Server,
  sockets: Set<Socket>,
  options: HttpRegistryOptions,
): Promise<HttpRegistry> {
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const host = `${options.plainHttp === true ? "127.0.0.1" : "localhost"}:${(server.address() as AddressInfo).port}`;
  const registry = createHttpRegistry(host, {
    retry: { retries: 0 },
    timeouts: { stallMs: 5000 },
    ...options,
  });
  onTestFinished(async () => {
    await registry.close();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return registry;
}

async function startRaw(say: Say): Promise<HttpRegistry> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    converse(socket, say);
  });
  return open(server, sockets, { plainHttp: true });
}

/** What a registry says to a push and a read of the blob. */
function answerTo(method: string, requestPath: string): string {
  if (method === "HEAD") return "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
  if (method === "POST") return "HTTP/1.1 202 Accepted\r\nlocation: /upload\r\ncontent-length: 0\r\n\r\n";
  if (method === "PUT" && requestPath.startsWith("/upload")) {
    return `HTTP/1.1 201 Created\r\ndocker-content-digest: ${blob.digest}\r\ncontent-length: 0\r\n\r\n`;
  }
  return `HTTP/1.1 200 OK\r\ncontent-length: ${blob.size}\r\n\r\n${blob.bytes.toString()}`;
}

const continued = "HTTP/1.1 100 Continue\r\n\r\n";

async function expectToWork(registry: HttpRegistry): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    expect(await registry.pushBlob(repository, blob, () => chunksOf(blob.bytes, 10))).toBe("uploaded");
    expect((await collect(registry.readBlob(repository, blob))).toString()).toBe(blob.bytes.toString());
  }
}

describe("an interim answer that nobody asked for does not break a request", () => {
  test.each<[string, (answer: string) => readonly string[]]>([
    ["100 in a packet of its own", (answer) => [continued, answer]],
    ["100 in the same packet", (answer) => [continued + answer]],
    ["100 without a reason", (answer) => ["HTTP/1.1 100\r\n\r\n", answer]],
    ["100 with headers", (answer) => ["HTTP/1.1 100 Continue\r\nserver: old\r\n\r\n", answer]],
    ["100 twice", (answer) => [continued, continued + answer]],
    ["100 byte by byte", (answer) => [...continued.split(""), answer]],
    ["100 and half of the answer", (answer) => [continued + answer.slice(0, 9), answer.slice(9)]],
    ["102", (answer) => ["HTTP/1.1 102 Processing\r\n\r\n", answer]],
    ["103", (answer) => ["HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n", answer]],
    ["all of them", (answer) => [`${continued}HTTP/1.1 102 Processing\r\n\r\n`, answer]],
    ["none, with an answer byte by byte", (answer) => answer.split("")],
  ])("%s", async (_name, packets) => {
    await expectToWork(await startRaw((method, requestPath) => packets(answerTo(method, requestPath))));
  });

  test("over TLS", async () => {
    const sockets = new Set<Socket>();
    const server = createTlsServer({ cert: pem("server.pem"), key: pem("server.key") }, (socket) => {
      sockets.add(socket);
      converse(socket, (method, requestPath) => [continued, answerTo(method, requestPath)]);
    });
    await expectToWork(await open(server, sockets, { tls: { ca: pem("ca.pem") } }));
  });
});

test("what never gets beyond interim answers is a Network error", async () => {
  const registry = await startRaw(() => Array.from({ length: 20 }, () => continued));
  await expect(registry.manifest(repository, "v1")).rejects.toMatchObject({ code: "Network" });
  const endless = await startRaw(() => [`HTTP/1.1 100 Continue\r\nx: ${"y".repeat(20_000)}`]);
  await expect(endless.manifest(repository, "v1")).rejects.toMatchObject({ code: "Network" });
});

test("an upgrade that nobody asked for is a Network error, not a crash", async () => {
  const upgrade = "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n";
  const registry = await startRaw(() => [upgrade]);
  await expect(registry.manifest(repository, "v1")).rejects.toMatchObject({ code: "Network" });
});
