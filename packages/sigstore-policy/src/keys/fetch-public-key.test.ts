import { generateKeyPairSync } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { fetchPublicKey } from "../index.js";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener);
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/key.pub?secret=hunter2`);
}

const pem = generateKeyPairSync("ed25519").publicKey.export({ format: "pem", type: "spki" });

test("a public key comes with one request", async () => {
  let requests = 0;
  const url = await serve((_request, response) => {
    requests += 1;
    response.end(pem);
  });
  expect((await fetchPublicKey(url)).algorithm).toBe("ed25519");
  expect(requests).toBe(1);
});

test.each<[string, string, RequestListener]>([
  ["a redirect", "KeyUnavailable", (_, response) => response.writeHead(302, { location: "/other" }).end()],
  ["not found", "KeyUnavailable", (_, response) => response.writeHead(404).end(pem)],
  ["a large body", "KeyUnavailable", (_, response) => response.end(Buffer.alloc(1_000_000))],
  ["a broken connection", "KeyUnavailable", (request) => request.socket.destroy()],
  ["a page", "InvalidKey", (_, response) => response.end("<html>hunter2</html>")],
])("%s instead of a key is %s", async (_name, code, listener) => {
  const url = await serve(listener);
  const error: unknown = await fetchPublicKey(url).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  expect(String(error)).not.toContain("hunter2");
});

test.each([
  "http://keys.example.com/key.pub",
  "http://localhost/k",
  "https://ann:hunter2@example.com/k",
  "file:///k",
])("%s is not asked", async (url) => {
  await expect(fetchPublicKey(new URL(url))).rejects.toMatchObject({ code: "KeyUnavailable" });
});

test("an abort is rethrown as the signal's reason", async () => {
  const controller = new AbortController();
  const url = await serve(() => controller.abort(new Error("enough")));
  await expect(fetchPublicKey(url, { signal: controller.signal })).rejects.toThrow("enough");
});
