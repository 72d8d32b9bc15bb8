import { once } from "node:events";
import type { Server } from "node:http";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RequestGuard } from "./request-guard.js";
import { createRequestGuard } from "./request-guard.js";

let guard: RequestGuard;
let server: Server;
let port = 0;

beforeAll(async () => {
  server = createServer((asked, answer) => answer.writeHead(guard(asked)?.status ?? 200).end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

async function statusOf(
  method: string,
  headers: Readonly<Record<string, string>>,
): Promise<number | undefined> {
  const asking = request({ host: "127.0.0.1", port, method, headers });
  const answered = new Promise<number | undefined>((resolve, reject) => {
    asking.on("error", reject).on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  asking.end();
  return answered;
}

const picture = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" };
const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

describe("pages of other sites", () => {
  test.each([
    ["nothing", "GET", link, 403],
    ["nothing", "GET", picture, 403],
    ["links", "GET", link, 200],
    ["links", "HEAD", link, 200],
    ["links", "POST", link, 403],
    ["links", "GET", picture, 403],
    ["links", "GET", { ...link, "sec-fetch-mode": "cors" }, 403],
    ["links", "GET", { ...link, "sec-fetch-dest": "iframe" }, 403],
    ["links", "GET", { ...link, origin: "https://other.example" }, 403],
    ["reading", "GET", picture, 200],
    ["reading", "HEAD", picture, 200],
    ["reading", "PUT", picture, 403],
  ] as const)("may have %s: %s %j is answered with", async (otherSites, method, headers, status) => {
    guard = createRequestGuard({ otherSites });
    expect(await statusOf(method, headers)).toBe(status);
  });
});

describe("an origin", () => {
  test.each([
    ["http://127.0.0.1:PORT", 200],
    ["http://127.0.0.1:1", 403],
    ["http://127.0.0.1:PORT/path", 403],
    ["x-http://127.0.0.1:PORT", 403],
    ["http://%", 403],
    ["null", 403],
  ])("%s is answered with %d", async (origin, status) => {
    guard = createRequestGuard();
    expect(await statusOf("PUT", { origin: origin.replace("PORT", String(port)) })).toBe(status);
  });
});
