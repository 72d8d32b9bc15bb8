import { createServer } from "node:http";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../corpus.js";
import { startLatencyProxy } from "./latency-proxy.js";

describe("a registry that is far away", () => {
  it.each([0, 20])("says the same at %d ms, and its requests are counted", async (milliseconds) => {
    // More than may be on its way at a time.
    const content = Buffer.alloc(20 * 2 ** 20, seededRandom("proxy").bytes(65_537));
    const server = createServer((_, response) => response.end(content)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const proxy = await startLatencyProxy(`127.0.0.1:${String(port)}`, milliseconds);
    try {
      for (const _ of [1, 2]) {
        const answer = await fetch(`http://${proxy.host}/`);
        expect(Buffer.compare(Buffer.from(await answer.arrayBuffer()), content)).toBe(0);
      }
      expect(proxy.requests()).toBe(2);
    } finally {
      proxy.close();
      server.close();
      server.closeAllConnections();
    }
  });
});
