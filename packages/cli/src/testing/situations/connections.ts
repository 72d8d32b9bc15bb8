import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { hasProgram, packageFolder, startTcpFront, startTestProxy } from "@blob/testing";
import type { Situation, World } from "./situation.js";

function pem(name: string): string {
  return readFileSync(path.join(packageFolder("registry"), "fixtures/tls", name), "utf8");
}

/** The registry behind TLS, under a certificate of these tests. */
async function behindTls(
  { host, onEnd }: World,
  cert: string = pem("server.pem"),
  key: string = pem("server.key"),
): Promise<number> {
  const front = await startTcpFront(host, { tls: { cert, key } });
  onEnd(() => front.close());
  return front.port;
}

/** A port that listens, and does what it is told with connections. */
async function listening({ onEnd }: World, answer: Parameters<typeof createServer>[1]): Promise<number> {
  const open = new Set<{ destroy(): unknown }>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    answer?.(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onEnd(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const at = (port: number, host = "127.0.0.1"): string => `${host}:${String(port)}/acme/site:v1`;

/** No registry is reached, or not over what was meant. */
export const connections: readonly Situation[] = [
  {
    name: "plain HTTP to a port with TLS",
    async typed(world) {
      return { argv: ["ls", "--plain-http", at(await behindTls(world))] };
    },
    exit: 7,
    line: "",
    hint: "",
  },
  {
    name: "TLS to a port with plain HTTP",
    typed: ({ reference }) => ({ argv: ["ls", reference], tls: true, env: { BLOB_PLAIN_HTTP: "0" } }),
    exit: 7,
    line: "",
    hint: "",
  },
  {
    name: "a certificate of a private authority",
    async typed(world) {
      return { argv: ["ls", at(await behindTls(world))], tls: true, env: { BLOB_PLAIN_HTTP: "0" } };
    },
    exit: 7,
    line: "",
    hint: "",
  },
  {
    name: "a certificate of a private authority, for doctor",
    async typed(world) {
      return { argv: ["doctor", at(await behindTls(world))], tls: true, env: { BLOB_PLAIN_HTTP: "0" } };
    },
    also: /connection .*certificate[\s\S]*--ca-file/u,
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "a certificate for another host",
    async typed(world) {
      if (!hasProgram("openssl")) return undefined;
      const [key, cert] = [path.join(world.work, "key.pem"), path.join(world.work, "cert.pem")];
      const request =
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other.example -addext subjectAltName=DNS:other.example";
      execFileSync("openssl", [...request.split(" "), "-keyout", key, "-out", cert], { stdio: "ignore" });
      const port = await behindTls(world, readFileSync(cert, "utf8"), readFileSync(key, "utf8"));
      return { argv: ["ls", "--ca-file", cert, at(port)], tls: true, env: { BLOB_PLAIN_HTTP: "0" } };
    },
    exit: 7,
    line: "",
    hint: "",
  },
  {
    name: "a closed port",
    typed: () => ({ argv: ["ls", at(1)] }),
    exit: 7,
    line: "",
    hint: "",
  },
  {
    name: "a name that is in no DNS",
    typed: () => ({ argv: ["ls", "registry.invalid/acme/site:v1"], tls: true }),
    exit: 7,
    line: "",
    hint: "",
  },
  {
    name: "a proxy that wants a password (407)",
    async typed(world) {
      const proxy = await startTestProxy();
      proxy.refuse = 407;
      world.onEnd(() => proxy.close());
      return {
        argv: ["ls", "registry.example/acme/site:v1"],
        env: { HTTPS_PROXY: `http://${proxy.host}`, HTTP_PROXY: `http://${proxy.host}` },
        tls: true,
      };
    },
    exit: 7,
    line: "",
    hint: "",
  },
  {
    name: "no registry but something else that listens",
    async typed(world) {
      const port = await listening(world, (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
      return { argv: ["ls", at(port)], env: { BLOB_PLAIN_HTTP: "1" } };
    },
    exit: 7,
    line: "",
    hint: "",
  },
];
