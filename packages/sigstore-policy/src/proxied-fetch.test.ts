import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect } from "node:net";
import { buffer, text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { requestBounded } from "./bounded-request.js";
import { fetchProxied } from "./proxied-fetch.js";
import { requestService } from "./sign/service-request.js";

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A service that answers with what it was sent. */
async function startEcho(): Promise<number> {
  return listen(
    createServer((request, response) => {
      buffer(request).then(
        (body) => response.writeHead(200, { "x-method": request.method }).end(body),
        () => response.destroy(),
      );
    }),
  );
}

/** A proxy that leads every tunnel to one port, or refuses it, and remembers where they wanted to go. */
async function startProxy(port?: number): Promise<{ readonly host: string; readonly tunnels: string[] }> {
  const tunnels: string[] = [];
  const server = createServer();
  server.on("connect", (request: IncomingMessage, socket) => {
    tunnels.push(`${request.url ?? ""} ${request.headers["proxy-authorization"] ?? ""}`.trim());
    if (port === undefined) {
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
      return;
    }
    const upstream = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket])
      end.on("error", () => [upstream, socket].map((one) => one.destroy()));
    onTestFinished(() => void upstream.destroy());
  });
  return { host: `127.0.0.1:${String(await listen(server))}`, tunnels };
}

/** For this test only. */
function setProxies(environment: Readonly<Record<string, string>>): void {
  for (const name of ["http_proxy", "https_proxy", "no_proxy"]) {
    vi.stubEnv(name, undefined);
    vi.stubEnv(name.toUpperCase(), environment[name.toUpperCase()]);
  }
  onTestFinished(() => void vi.unstubAllEnvs());
}

const signal = AbortSignal.timeout(60_000);

describe("requests to services", () => {
  test("go through the proxy of the environment, with its password, and come back whole", async () => {
    const { host, tunnels } = await startProxy(await startEcho());
    setProxies({ HTTP_PROXY: `http://ann:secret@${host}` });
    const answer = await fetchProxied("http://service.invalid/api", {
      method: "POST",
      body: Buffer.from("question"),
      signal,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("x-method")).toBe("POST");
    expect(answer.body === null ? undefined : await text(answer.body)).toBe("question");
    const credentials = Buffer.from("ann:secret").toString("base64");
    expect(tunnels).toEqual([`service.invalid:80 Basic ${credentials}`]);
  });

  test("go to this machine, and to exceptions, without it", async () => {
    const port = await startEcho();
    const { host, tunnels } = await startProxy(port);
    setProxies({ HTTP_PROXY: `http://${host}`, NO_PROXY: "direct.invalid" });
    const here = await fetchProxied(`http://127.0.0.1:${String(port)}/`, { signal });
    expect(here.status).toBe(200);
    await here.body?.cancel();
    await expect(fetchProxied("http://direct.invalid/", { signal })).rejects.toThrow();
    expect(tunnels).toEqual([]);
  });

  test("that the proxy refuses are an error about the service, and tell nothing about the proxy", async () => {
    const { host, tunnels } = await startProxy();
    setProxies({ HTTPS_PROXY: `http://ann:secret@${host}` });
    const url = new URL("https://fulcio.invalid/api/v2");
    const what = "the certificate authority";
    const limits = { attempts: 1 };
    const failures = await Promise.allSettled([
      requestService({ what, url, statuses: [200], limits, signal: undefined }),
      requestBounded({ what, url, code: "IdentityUnavailable", maxBytes: 10 }),
    ]);
    expect(failures).toMatchObject([
      { reason: { code: "ServiceUnavailable" } },
      { reason: { code: "IdentityUnavailable" } },
    ]);
    for (const failure of failures) {
      const message = failure.status === "rejected" ? String(failure.reason) : "";
      expect(message).toContain("the certificate authority (fulcio.invalid) could not be reached");
      expect(message).not.toMatch(/secret|ann/u);
    }
    expect(tunnels).toHaveLength(2);
  });

  test("say so when the proxy is not a URL, without showing it", async () => {
    setProxies({ HTTPS_PROXY: "ann:secret@" });
    const url = new URL("https://fulcio.invalid/");
    const error: unknown = await requestBounded({
      what: "it",
      url,
      code: "KeyUnavailable",
      maxBytes: 1,
    }).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("the proxy (HTTP_PROXY, HTTPS_PROXY) is not a URL");
    expect(String(error)).not.toContain("secret");
  });
});
