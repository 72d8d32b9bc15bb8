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
    line: "error[Network]: 127.0.0.1:PORT: other side closed (UND_ERR_SOCKET): check the host name and the network",
    hint: "if the registry speaks https at this port, leave out --plain-http (or BLOB_PLAIN_HTTP, or plain_http of the configuration)",
  },
  {
    name: "TLS to a port with plain HTTP",
    typed: ({ reference }) => ({ argv: ["ls", "--no-plain-http", reference], tls: true }),
    exit: 7,
    line: "error[Network]: HOST: what answers there speaks no TLS (ERR_SSL_WRONG_VERSION_NUMBER): check the host name and the network",
    hint: "the registry seems to speak plain HTTP: try --plain-http",
  },
  {
    name: "a certificate of a private authority",
    async typed(world) {
      return { argv: ["ls", at(await behindTls(world))], tls: true };
    },
    exit: 7,
    line: "error[Network]: 127.0.0.1:PORT: unable to verify the first certificate (UNABLE_TO_VERIFY_LEAF_SIGNATURE): its certificate is not trusted",
    hint: "nobody that this machine trusts has signed the certificate: give the authority's, as PEM, with --ca-file (or NODE_EXTRA_CA_CERTS)",
  },
  {
    name: "a certificate of a private authority, for doctor",
    async typed(world) {
      return { argv: ["doctor", at(await behindTls(world))], tls: true };
    },
    also: /connection .*certificate[\s\S]*--ca-file/u,
    exit: 7,
    line: "error[Network]: 1 of the checks failed: connection",
    hint: "each failed check above says what to do about it",
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
      return { argv: ["ls", "--ca-file", cert, at(port)], tls: true };
    },
    exit: 7,
    line: "error[Network]: 127.0.0.1:PORT: Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list: (ERR_TLS_CERT_ALTNAME_INVALID): its certificate is not trusted",
    hint: "the certificate is for another host: check the spelling, or use the name that the certificate has",
  },
  {
    name: "a closed port",
    typed: () => ({ argv: ["ls", at(1)] }),
    exit: 7,
    line: "error[Network]: 127.0.0.1:PORT: connect ECONNREFUSED 127.0.0.1:PORT: check the host name and the network",
    hint: "nothing listens there: check host and port, and that the registry (or the proxy) runs",
  },
  {
    name: "a name that is in no DNS",
    typed: () => ({ argv: ["ls", "registry.invalid/acme/site:v1"], tls: true }),
    exit: 7,
    line: "error[Network]: registry.invalid: getaddrinfo ENOTFOUND registry.invalid: check the host name and the network",
    hint: "the host's name was not found: check its spelling",
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
    line: "error[Network]: registry.example: the proxy 127.0.0.1:PORT wants credentials (HTTP 407): write them into its URL, http://user:password@127.0.0.1:PORT in HTTPS_PROXY or HTTP_PROXY",
    hint: "the user name and password go into the proxy's URL, percent-encoded: http://user:password@host:port",
  },
  {
    name: "no registry but something else that listens",
    async typed(world) {
      const port = await listening(world, (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
      return { argv: ["ls", at(port)], env: { BLOB_PLAIN_HTTP: "1" } };
    },
    exit: 7,
    line: "error[Network]: 127.0.0.1:PORT: Response does not match the HTTP/1.1 protocol (Expected HTTP/, RTSP/ or ICE/): check the host name and the network",
    hint: "if the registry speaks https at this port, leave out --plain-http (or BLOB_PLAIN_HTTP, or plain_http of the configuration)",
  },
];
