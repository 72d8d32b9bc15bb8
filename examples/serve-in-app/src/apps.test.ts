import { once } from "node:events";
import { open } from "node:fs/promises";
import { createServer } from "node:http";
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { getRequestListener } from "@hono/node-server";
import type { LocalArchive } from "@blob/format/node";
import { createArchiveFiles, openLocalArchive } from "@blob/format/node";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";

import { createExpressApp } from "./express-app.js";
import { createHonoApp } from "./hono-app.js";

const lines = Array.from({ length: 500_000 }, (_, i) => `line ${String(i)}\n`).join("");
const directory = await createTemporaryDirectory();
let archive: LocalArchive;
let damaged: LocalArchive;

beforeAll(async () => {
  const tree = path.join(directory.path, "tree");
  await writeTree(tree, {
    "about.html": "<p>about</p>",
    "index.html": "<p>docs</p>",
    "lines.txt": lines,
    "sub/x.txt": "x",
  });
  for (const name of ["good", "damaged"]) {
    await createArchiveFiles(tree, path.join(directory.path, name), { compression: "zstd" });
  }
  archive = await openLocalArchive(path.join(directory.path, "good"));
  damaged = await openLocalArchive(path.join(directory.path, "damaged"));
  const { dataOffset = 0, storedSize = 0 } = damaged.entry("lines.txt") ?? {};
  const file = await open(path.join(directory.path, "damaged", "data.blob"), "r+");
  await file.write(Uint8Array.of(0xff, 0xff), 0, 2, dataOffset + storedSize - 20);
  await file.close();
});

afterAll(async () => {
  await archive.close();
  await damaged.close();
  await directory.remove();
});

describe.each<readonly [string, (from: LocalArchive) => Promise<RequestListener>]>([
  ["Hono", async (from) => getRequestListener((await createHonoApp(from)).fetch)],
  ["Express", createExpressApp],
])("with %s", (_name, createListener) => {
  async function start(from: LocalArchive = archive): Promise<string> {
    const server = createServer(await createListener(from)).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  test("the application answers for itself, and the archive for its files", async () => {
    const origin = await start();
    expect(await (await fetch(`${origin}/api/time`)).json()).toHaveProperty("time");
    expect(await (await fetch(`${origin}/docs/`)).text()).toBe("<p>docs</p>");
    expect(await (await fetch(`${origin}/docs/about`)).text()).toBe("<p>about</p>");
    const redirected = await fetch(`${origin}/docs/sub`, { redirect: "manual" });
    expect([redirected.status, redirected.headers.get("location")]).toEqual([308, "/docs/sub/"]);
    for (const missing of ["/docs/nothing", "/about.html", "/docs/sub/"]) {
      expect([missing, (await fetch(`${origin}${missing}`)).status]).toEqual([missing, 404]);
    }
    expect((await fetch(`${origin}/docs/%00`)).status).toBe(400);
  });

  test("ranges, conditions, HEAD and compressed answers work through it", async () => {
    const url = `${await start()}/docs/lines.txt`;
    const asItIs = { "accept-encoding": "identity" };
    const whole = await fetch(url, { headers: asItIs });
    expect(await whole.text()).toBe(lines);
    expect(whole.headers.get("content-length")).toBe(String(lines.length));
    const etag = whole.headers.get("etag") ?? "";
    const part = await fetch(url, { headers: { ...asItIs, range: "bytes=5-9", "if-range": etag } });
    expect([part.status, await part.text()]).toEqual([206, lines.slice(5, 10)]);
    const same = await fetch(url, { headers: { ...asItIs, "if-none-match": etag } });
    expect([same.status, await same.text()]).toEqual([304, ""]);
    const head = await fetch(url, { method: "HEAD", headers: asItIs });
    expect([head.headers.get("content-length"), await head.text()]).toEqual([String(lines.length), ""]);
    const frames = await fetch(url, { method: "HEAD", headers: { "accept-encoding": "zstd" } });
    expect(frames.headers.get("content-encoding")).toBe("zstd");
  });

  test("a damaged file never arrives whole", async () => {
    const origin = await start(damaged);
    const told = vi.spyOn(console, "error").mockImplementation(() => undefined);
    onTestFinished(() => told.mockRestore());
    const received = fetch(`${origin}/docs/lines.txt`, { headers: { "accept-encoding": "identity" } }).then(
      async (response) =>
        response.ok ? response.text() : Promise.reject(new Error(String(response.status))),
    );
    await expect(received).rejects.toThrow();
    expect(told.mock.calls.length).toBeGreaterThan(0);
    expect(await (await fetch(`${origin}/docs/sub/x.txt`)).text()).toBe("x");
  });
});
