import { createServer } from "node:https";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createHttpRegistry } from "../../http-registry.js";
import { createEndpoint } from "../layers/endpoint.js";
import type { HttpRequest, HttpResponse } from "../layers/handler.js";
import { readPages } from "./pages.js";
import { createRetryPolicy } from "../layers/retry.js";

const repository = "acme/site";
const pem = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, "../../../fixtures/tls", name), "utf8");

interface Page {
  readonly tags: readonly string[];
  /** The number of the next page. */
  readonly next: number | undefined;
}

/** Lists the tags of a registry that gives these pages, without sockets: there are many. */
function tagsOf(pageAt: (page: number) => Page): {
  readonly tags: AsyncIterable<string>;
  readonly asked: () => number;
} {
  let asked = 0;
  const handle = async ({ url }: HttpRequest): Promise<HttpResponse> => {
    asked += 1;
    const { tags, next } = pageAt(Number(url.searchParams.get("page") ?? 0));
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(JSON.stringify({ name: repository, tags }));
    }
    const link = `</v2/${repository}/tags/list?page=${String(next)}>; rel="next"`;
    const headers = next === undefined ? {} : { link };
    return { status: 200, headers, url, body: body(), cancel: () => {} };
  };
  const registry = createHttpRegistry("registry.example", {
    transport: { handle, close: async () => {} },
  });
  return { tags: registry.tags(repository), asked: () => asked };
}

async function readAll(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const item of items) count += item === undefined ? 0 : 1;
  return count;
}

test("more than 10,000 pages are listed, each when it is needed", async () => {
  const { tags, asked } = tagsOf((page) => ({
    tags: [`t${page}`],
    next: page === 10_999 ? undefined : page + 1,
  }));
  let seen = 0;
  for await (const tag of tags) {
    if (tag !== `t${seen}` || asked() !== seen + 1) throw new Error(`${tag} after ${asked()} requests`);
    seen += 1;
  }
  expect(seen).toBe(11_000);
});

describe("a list that leads in a circle is an error, wherever that begins and however long it is", () => {
  test.each([
    [0, 1],
    [0, 2],
    [5, 1],
    [100, 7],
    [1000, 1000],
  ])("after %d pages, of %d", async (before, length) => {
    const last = before + length - 1;
    const { tags, asked } = tagsOf((page) => ({ tags: ["a"], next: page === last ? before : page + 1 }));
    await expect(readAll(tags)).rejects.toMatchObject({
      code: "InvalidResponse",
      message: expect.stringContaining("circle") as string,
    });
    expect(asked()).toBeLessThanOrEqual(4 * (before + length) + 1);
  });
});

test("a list without an end is an error that says so", async () => {
  let asked = 0;
  const send = async ({ url }: HttpRequest): Promise<HttpResponse> => {
    asked += 1;
    const headers = { link: `</v2/?page=${asked}>; rel="next"` };
    return { status: 200, headers, url, body: (async function* () {})(), cancel: () => {} };
  };
  const origin = "https://registry.example";
  const endpoint = createEndpoint("registry.example", {
    origin: () => origin,
    send,
    retryPolicy: createRetryPolicy(),
  });
  const url = new URL("/v2/", origin);
  const pages = readPages(endpoint, { url, repository, action: "list", accept: "*/*", signal: undefined });
  await expect(readAll(pages)).rejects.toMatchObject({
    code: "SizeExceeded",
    message: expect.stringContaining("goes on after 100000 pages") as string,
  });
});

test("a list of nothing but empty pages is one soon", async () => {
  const { tags, asked } = tagsOf((page) => ({ tags: [], next: page + 1 }));
  await expect(readAll(tags)).rejects.toMatchObject({ code: "SizeExceeded" });
  expect(asked()).toBeLessThan(2000);
});

test("a next page that says http on the same port stays on https", async () => {
  const server = createServer({ cert: pem("server.pem"), key: pem("server.key") }, (request, response) => {
    const isSecond = request.url?.includes("page=2") === true;
    const link = `<http://${request.headers.host ?? ""}/v2/${repository}/tags/list?page=2>; rel="next"`;
    response.writeHead(200, isSecond ? {} : { link });
    response.end(JSON.stringify({ name: repository, tags: [isSecond ? "b" : "a"] }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  const registry = createHttpRegistry(host, { tls: { ca: pem("ca.pem") } });
  onTestFinished(async () => {
    await registry.close();
    server.close();
    server.closeAllConnections();
  });
  const seen: string[] = [];
  for await (const tag of registry.tags(repository)) seen.push(tag);
  expect(seen).toEqual(["a", "b"]);
});
