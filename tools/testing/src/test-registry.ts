import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "@blob/registry";
import { createMemoryRegistry } from "@blob/registry";
import { createRegistryServer } from "@blob/registry/server";
import { withDamage } from "./damage.js";
import { gzipAnswer } from "./gzip-answer.js";
import { createGate } from "./gate.js";
import type { Quirks } from "./quirks.js";
import { serveQuirkyBlob } from "./quirky-blob.js";
import type { RequestRecord } from "./request-record.js";
import { recordRequest } from "./request-record.js";

export interface TestRegistryOptions {
  /** What is served. Default: a new memory registry. */
  readonly registry?: Registry;
  readonly quirks?: Quirks;
  /** What it may be called besides this machine's names, as by a proxy that leads everything to it. Default none. */
  readonly allowedHosts?: readonly string[];
}

/** A registry on a real socket that misbehaves on request and remembers who asked for what. */
export interface TestRegistry {
  /** `127.0.0.1:port`, plain http. */
  readonly host: string;
  readonly url: string;
  /** What is behind it: fill it without leaving traces in `requests`. */
  readonly registry: Registry;
  readonly quirks: Quirks;
  /** All so far, in order of arrival; empty it with `splice(0)`. Requests for tokens are in it too. */
  readonly requests: RequestRecord[];
  /** Connections that are open now, of both servers. */
  connections(): Promise<number>;
  /** From now on, the first byte of this blob or manifest is another one. */
  damage(digest: string): void;
  close(): Promise<void>;
}

export async function startTestRegistry(options: TestRegistryOptions = {}): Promise<TestRegistry> {
  const registry = options.registry ?? createMemoryRegistry();
  const quirks: Quirks = { ...options.quirks };
  const requests: RequestRecord[] = [];
  const damaged = new Set<string>();
  const behind = withDamage(registry, damaged);
  const honest = createRegistryServer(behind, { allowedHosts: options.allowedHosts });
  const gate = createGate();
  // What a fault counts down is the fault's own, or that of the registry.
  const quirksFor = (server: RequestRecord["server"], { method = "", url = "" }: IncomingMessage): Quirks =>
    quirks.forRequest === undefined
      ? quirks
      : { ...quirks, ...quirks.forRequest({ server, method, path: url }) };
  const storage = await start((request, response) => {
    requests.push(recordRequest("storage", request, response));
    const now = quirksFor("storage", request);
    const [, repository = "", digest = ""] = /^\/(.+)\/([^/?]+)\?/u.exec(request.url ?? "") ?? [];
    if (request.method !== "GET" || !gate.useLink(request.url ?? "")) {
      response
        .writeHead(403, { "content-type": "application/xml" })
        .end("<Error>Request has expired</Error>");
      return;
    }
    void serveQuirkyBlob({ registry: behind, quirks: now, request, response }, repository, digest);
  });
  const front = await start((request, response) => {
    requests.push(recordRequest("registry", request, response));
    const now = quirksFor("registry", request);
    if (gate.answers(request, response, now)) return;
    if (now.gzip === true && request.method === "GET") gzipAnswer(response);
    const [, repository = "", digest = ""] =
      /^\/v2\/(.+)\/blobs\/(sha256:[^/?]+)$/u.exec(request.url ?? "") ?? [];
    const isRead = request.method === "GET" || (request.method === "HEAD" && now.redirectHead === true);
    if (isRead && digest !== "") {
      const link =
        now.redirectBlobs === true
          ? gate.newLink(storage.url, repository, digest, now.linkUses)
          : now.redirectTo;
      if (link !== undefined) response.writeHead(307, { location: link, "content-length": 0 }).end();
      else void serveQuirkyBlob({ registry: behind, quirks: now, request, response }, repository, digest);
      return;
    }
    if (now.noReferrersFilter === true) request.url = request.url?.replace(/(\/referrers\/[^?]*)\?.*/u, "$1");
    changeHeaders(now, response);
    honest.listener(request, response);
  });
  return {
    host: new URL(front.url).host,
    url: front.url,
    registry,
    quirks,
    requests,
    damage: (digest) => void damaged.add(digest),
    connections: async () => (await front.connections()) + (await storage.connections()),
    async close() {
      front.close();
      storage.close();
      await honest.close();
    },
  };
}

interface Listening {
  readonly url: string;
  connections(): Promise<number>;
  close(): void;
}

async function start(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Listening> {
  const server: Server = createServer({ requestTimeout: 0 }, listener);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Headers of the honest server that the quirks want to be others. */
function changeHeaders(quirks: Quirks, response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as (...parts: unknown[]) => ServerResponse;
  response.writeHead = (...parts: unknown[]) => {
    const [status, headers] = parts as [number, Record<string, string>?];
    const changed = { ...headers };
    if (quirks.noLocation === true && status === 201) delete changed["location"];
    if (quirks.subjectHeader !== undefined && changed["oci-subject"] !== undefined) {
      changed["oci-subject"] = quirks.subjectHeader;
    }
    if (quirks.noDigestHeader === true) delete changed["docker-content-digest"];
    if (quirks.uploadLocation !== undefined && status === 202) {
      changed["location"] = quirks.uploadLocation.replace("{id}", changed["docker-upload-uuid"] ?? "");
    }
    if (quirks.chunkMinLength !== undefined && status === 202) {
      changed["oci-chunk-min-length"] = String(quirks.chunkMinLength);
    }
    if (quirks.date !== undefined) changed["date"] = quirks.date;
    if (quirks.noReferrersApi === true) delete changed["oci-subject"];
    const isPatched = response.req.method === "PATCH" && status === 202;
    if (!isPatched || quirks.patchStatus === undefined) return writeHead(status, changed);
    return writeHead(quirks.patchStatus, { ...changed, range: "0-0" });
  };
}
