import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { createAuthenticator } from "@blob/auth";
import { describe, expect, onTestFinished, test } from "vitest";
import { sha256Digest } from "../../digest.js";
import type { HttpRegistry, HttpRegistryOptions } from "../../http-registry.js";
import { createHttpRegistry } from "../../http-registry.js";
import { blobOf, chunksOf, collect, noise } from "../../testing/bytes.js";

const repository = "acme/site";
const blob = blobOf("content");
const mebibyte = 1024 * 1024;

/** What a server does with a connection when the head of its first request is there. */
type Serve = (socket: Socket, path: string, head: string) => Promise<void>;

async function start(serve: Serve): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.once("data", (chunk: Buffer) => {
      const head = chunk.toString("latin1");
      const path = head.split(" ", 2)[1] ?? "";
      serve(socket, path, head).catch((error: unknown) =>
        socket.destroy(error instanceof Error ? error : undefined),
      );
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

/** Short limits: a byte every few milliseconds is far below them, and whatever else happens here far above. */
const timeouts = { leastBytesPerSecond: 5000, rateWindowMs: 150 };
const impatient = { ...timeouts, headersMs: 300 };

function open(host: string, options: HttpRegistryOptions = {}): HttpRegistry {
  const registry = createHttpRegistry(host, {
    plainHttp: true,
    retry: { retries: 0 },
    timeouts,
    ...options,
  });
  onTestFinished(() => registry.close());
  return registry;
}

/** Writes something again and again, until nobody is there any more. */
async function forEver(socket: Socket, text: string): Promise<void> {
  while (!socket.destroyed) {
    socket.write(text);
    await pause(5);
  }
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let seen = 0;
  for await (const _ of items) seen += 1;
  return seen;
}

const subject = sha256Digest(Buffer.from("subject"));
const ok = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

const reads: readonly (readonly [string, (registry: HttpRegistry) => Promise<unknown>])[] = [
  ["a manifest", (registry) => registry.manifest(repository, "v1")],
  ["tags", (registry) => count(registry.tags(repository))],
  ["referrers", (registry) => count(registry.referrers(repository, subject))],
  ["a blob", (registry) => collect(registry.readBlob(repository, { ...blob, size: mebibyte }))],
  [
    "a range",
    (registry) =>
      collect(
        registry.readBlob(
          repository,
          { ...blob, size: 2 * mebibyte },
          { range: { offset: 0, length: mebibyte } },
        ),
      ),
  ],
];

describe.each(reads)("%s", (_name, ask) => {
  test("that comes a byte at a time, for ever, is given up", async () => {
    const host = await start(async (socket) => {
      socket.write(`${ok}content-length: ${String(mebibyte)}\r\n`);
      socket.write(`content-range: bytes 0-${String(mebibyte - 1)}/*\r\n\r\n`);
      await forEver(socket, "x");
    });
    const asking = ask(open(host));
    await expect(asking).rejects.toMatchObject({ code: "TimedOut", host });
    await expect(asking).rejects.toThrow(/sends fewer than 5000 bytes a second, for 0\.15 seconds/u);
  });

  test("whose headers come a byte at a time, for ever, is given up", async () => {
    const host = await start(async (socket) => {
      socket.write("HTTP/1.1 200 OK\r\nx: ");
      await forEver(socket, "y");
    });
    const asking = ask(open(host, { timeouts: impatient }));
    await expect(asking).rejects.toMatchObject({ code: "TimedOut", host });
    await expect(asking).rejects.toThrow(/no whole answer within 0\.3 seconds/u);
  });

  test("that interim answers announce for ever is given up", async () => {
    const host = await start((socket) => forEver(socket, "HTTP/1.1 103 Early Hints\r\nx: y\r\n\r\n"));
    const asking = ask(open(host, { timeouts: impatient }));
    await expect(asking).rejects.toMatchObject({ code: "TimedOut", host });
  });
});

test("a token server is given up in the same ways", async () => {
  for (const say of ["HTTP/1.1 103 Early Hints\r\n\r\n", `${ok}content-length: 999999\r\n\r\n`]) {
    const host = await start(async (socket, path) => {
      if (path.startsWith("/token")) {
        socket.write(say);
        await forEver(socket, say.includes("103") ? say : "x");
      }
      const realm = `http://${socket.localAddress ?? ""}:${String(socket.localPort)}/token`;
      const challenge = `www-authenticate: Bearer realm="${realm}"\r\ncontent-length: 0\r\nconnection: close\r\n`;
      socket.end(`HTTP/1.1 401 Unauthorized\r\n${challenge}\r\n`);
    });
    const authenticator = createAuthenticator({ credentials: async () => undefined });
    const asking = open(host, { authenticator, timeouts: impatient }).manifest(repository, "v1");
    await expect(asking).rejects.toMatchObject({ code: "TimedOut" });
  }
});

test("what a refusal says is not waited for for ever", async () => {
  const host = await start(async (socket) => {
    socket.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 99999\r\n\r\n");
    await forEver(socket, "x");
  });
  await expect(open(host).manifest(repository, "v1")).rejects.toMatchObject({ status: 400 });
});

describe("an upload", () => {
  const large = { digest: sha256Digest(Buffer.from("large")), size: 512 * mebibyte };

  async function* piecesOf(size: number): AsyncGenerator<Uint8Array> {
    const piece = new Uint8Array(mebibyte);
    for (let at = 0; at < size; at += piece.length) yield piece;
  }

  /** Answers to what comes before the bytes, and leaves these to somebody else. */
  function registryThat(take: (socket: Socket) => Promise<void>): Promise<string> {
    return start(async (socket) => {
      socket.pause();
      await take(socket);
    });
  }

  const put = async (host: string, options: HttpRegistryOptions = {}): Promise<unknown> => {
    const front = await start(async (socket, path) => {
      const answer = path.endsWith("/uploads/")
        ? `202 Accepted\r\nlocation: http://${host}/upload`
        : "404 Not Found";
      socket.end(`HTTP/1.1 ${answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    });
    return open(front, options).pushBlob(repository, large, () => piecesOf(large.size));
  };

  test("to a server that never reads is given up", async () => {
    const host = await registryThat(async () => {});
    const pushing = put(host);
    await expect(pushing).rejects.toMatchObject({ code: "TimedOut", host });
    await expect(pushing).rejects.toThrow(/takes fewer than 5000 bytes a second/u);
  });

  test("to a server that reads a little at a time is given up", async () => {
    const host = await registryThat(async (socket) => {
      while (!socket.destroyed) {
        socket.read(1);
        await pause(5);
      }
    });
    await expect(put(host)).rejects.toMatchObject({ code: "TimedOut", host });
  });

  test("to a server that never answers is given up", async () => {
    const host = await start(async (socket) => {
      socket.resume();
    });
    await expect(
      open(host, { timeouts: impatient }).pushBlob(repository, blob, () => chunksOf(blob.bytes)),
    ).rejects.toMatchObject({
      code: "TimedOut",
      host,
    });
  });
});

describe("nobody is given up", () => {
  test("because whoever reads takes time", async () => {
    const content = blobOf(noise(4 * mebibyte, 7));
    const host = await start(async (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${String(content.size)}\r\n\r\n`);
      socket.write(content.bytes);
    });
    // Less than comes while it is waited for, and more than is read in all the time that this takes.
    const most = { leastBytesPerSecond: 400_000, rateWindowMs: timeouts.rateWindowMs };
    let size = 0;
    let pauses = 0;
    for await (const chunk of open(host, { timeouts: most }).readBlob(repository, content)) {
      size += chunk.length;
      if ((pauses += 1) <= 5) await pause(2 * timeouts.rateWindowMs);
    }
    expect(size).toBe(content.size);
  });

  test("because whoever makes the bytes takes time", async () => {
    const created = `HTTP/1.1 201 Created\r\ndocker-content-digest: ${blob.digest}\r\ncontent-length: 0\r\n\r\n`;
    const host = await start(async (socket, path, head) => {
      if (path.startsWith("/upload")) {
        let received = head.split("\r\n\r\n")[1]?.length ?? 0;
        socket.on("data", (chunk: Buffer) => {
          received += chunk.length;
          if (received >= blob.size) socket.end(created);
        });
        return;
      }
      const answer = path.endsWith("/uploads/") ? "202 Accepted\r\nlocation: /upload" : "404 Not Found";
      socket.end(`HTTP/1.1 ${answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
    });
    async function* slowly(): AsyncGenerator<Uint8Array> {
      for (const byte of blob.bytes) {
        yield Uint8Array.of(byte);
        await pause(timeouts.rateWindowMs);
      }
    }
    expect(await open(host).pushBlob(repository, blob, slowly)).toBe("uploaded");
  });
});

describe("a body without an end", () => {
  /** As fast as it is read. */
  async function pour(socket: Socket, piece: string): Promise<void> {
    const chunk = `${piece.length.toString(16)}\r\n${piece}\r\n`;
    while (!socket.destroyed) {
      if (!socket.write(chunk)) await Promise.race([once(socket, "drain"), once(socket, "close")]);
    }
  }
  const endless = (): Promise<string> =>
    start(async (socket) => {
      socket.write(`${ok}transfer-encoding: chunked\r\n\r\n`);
      await pour(socket, " ".repeat(65_536));
    });

  test.each(reads.slice(0, 3))("of %s is an error that says so", async (_name, ask) => {
    const host = await endless();
    const asking = ask(open(host));
    await expect(asking).rejects.toMatchObject({ code: "SizeExceeded" });
    await expect(asking).rejects.toThrow(/is larger than \d+ bytes/u);
  });

  test("of a blob is an error when the announced bytes are not its own, and else cut off", async () => {
    const host = await endless();
    await expect(collect(open(host).readBlob(repository, blob))).rejects.toMatchObject({
      code: "DigestMismatch",
    });
    const spaces = blobOf(" ".repeat(100_000));
    expect((await collect(open(host).readBlob(repository, spaces))).length).toBe(spaces.size);
  });
});
