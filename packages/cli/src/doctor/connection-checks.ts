import { untilAborted } from "@blob/core/abort";
import { lookup } from "node:dns/promises";
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls, rootCertificates, TLSSocket } from "node:tls";
import type { HttpRegistryOptions } from "@blob/registry";
import type { Finding } from "./check.js";
import { ok } from "./check.js";

/** As long as a client waits. */
const timeoutMs = 10_000;

/** No connection: DNS, TCP or TLS. */
class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  readonly code = "Network";
}

/** The addresses of a host's name. */
export async function checkDns({ hostname }: URL): Promise<Finding> {
  const start = performance.now();
  try {
    const found = await lookup(bare(hostname), { all: true });
    const shown = found.slice(0, 4).map(({ address }) => address);
    const more = found.length > shown.length ? ` and ${String(found.length - shown.length)} more` : "";
    return ok(`${bare(hostname)} is ${shown.join(", ")}${more}, ${elapsed(start)}`);
  } catch (error) {
    throw new ConnectionError(`${bare(hostname)}: the name was not found`, { cause: error });
  }
}

interface Way {
  readonly tls: HttpRegistryOptions["tls"];
  /** Whether a registry that speaks no TLS is spoken to in plain HTTP. */
  readonly orPlain: boolean;
}

/** A connection of its own, with TLS where the registry has it; closed again at once. */
export async function checkConnection(
  url: URL,
  { tls, orPlain }: Way,
  signal: AbortSignal,
): Promise<Finding> {
  signal.throwIfAborted();
  const host = bare(url.hostname);
  const isTls = url.protocol === "https:";
  const port = Number(url.port === "" ? (isTls ? 443 : 80) : url.port);
  const start = performance.now();
  const socket = isTls
    ? connectTls({
        host,
        port,
        servername: /^[\d.]+$|:/u.test(host) ? "" : host,
        rejectUnauthorized: tls?.insecure !== true,
        ...(tls?.ca === undefined ? {} : { ca: [...rootCertificates, tls.ca] }),
        ...tls?.certificate,
      })
    : connectTcp({ host, port });
  try {
    await connected(socket, isTls ? "secureConnect" : "connect", signal);
    return ok(`${host}:${String(port)}, ${describe(socket)}, ${elapsed(start)}`);
  } catch (error) {
    signal.throwIfAborted();
    if (
      isTls &&
      orPlain &&
      hasCode(error, "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG")
    ) {
      return await checkConnection(
        new URL(`http://${url.hostname}:${String(port)}`),
        { tls, orPlain },
        signal,
      );
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new ConnectionError(`${host}:${String(port)}: ${why}`, { cause: error });
  } finally {
    socket.destroy();
  }
}

function connected(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  const isConnected = new Promise<void>((resolve, reject) => {
    socket.once(event, resolve).once("error", reject);
    socket.setTimeout(timeoutMs, () => reject(new Error("no connection within 10 seconds")));
  });
  return untilAborted(isConnected, signal);
}

function describe(socket: Socket): string {
  if (!(socket instanceof TLSSocket)) return "plain HTTP, not encrypted";
  const { subject, issuer, valid_to: until } = socket.getPeerCertificate();
  const trusted = socket.authorized ? "" : ", NOT trusted (--insecure)";
  const by = [issuer.O ?? issuer.CN ?? "unknown"].flat().join(" ");
  return `${socket.getProtocol() ?? "TLS"}, certificate of ${[subject.CN ?? "?"].flat().join(" ")} by ${by} until ${until}${trusted}`;
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && codes.includes(String(Reflect.get(error, "code")));
}

/** An IPv6 address without the brackets of its URL. */
function bare(hostname: string): string {
  return hostname.replaceAll(/[[\]]/gu, "");
}

function elapsed(start: number): string {
  return `${(performance.now() - start).toFixed(0)} ms`;
}
