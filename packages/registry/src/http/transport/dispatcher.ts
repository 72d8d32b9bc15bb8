import { readFileSync } from "node:fs";
import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import process from "node:process";
import * as tls from "node:tls";
import type { HostZone } from "@blob/core/hosts";
import { zoneOf } from "@blob/core/hosts";
import type { Dispatcher } from "undici";
import { createProxyDispatcher } from "../../proxy/proxy-dispatcher.js";
import type { Proxy, ProxyOptions } from "../../proxy/route.js";
import { environmentProxies, routeTo } from "../../proxy/route.js";
import { createConnector } from "./connector.js";
import { createReachedZones } from "./reached-zones.js";

/** How long nothing, or next to nothing, may happen. None of these limits a transfer that moves. */
export interface StallTimeouts {
  /** Until a connection stands. Default 10,000 ms. */
  readonly connectMs?: number | undefined;
  /** Until the headers of an answer are there, and between two pieces of a body. Default 60,000 ms. */
  readonly stallMs?: number | undefined;
  /**
   * From the end of a request until the headers of its answer are there, also when interim answers (RFC 9110, section 15.2)
   * come all the while. Default 300,000 ms.
   */
  readonly headersMs?: number | undefined;
  /**
   * A body that moves more slowly than this is given up, in either direction. Only the time is counted in which the
   * connection is waited for: whoever reads or makes the bytes may be slow. 0 for no such limit. Default 1024.
   */
  readonly leastBytesPerSecond?: number | undefined;
  /** What `leastBytesPerSecond` is averaged over. Default 60,000 ms. */
  readonly rateWindowMs?: number | undefined;
}

/** Whom to trust, and who we are. All of it is PEM text. */
export interface TlsOptions {
  /** More authorities, beside those that Node trusts. */
  readonly ca?: string | undefined;
  /** A client certificate and its key: shown to the registry itself, never where it redirects to. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined;
  /** Believe whatever certificate the registry itself shows. Default false. */
  readonly insecure?: boolean | undefined;
}

/** How connections to a registry are made. */
export interface ConnectionOptions {
  /** When a silent or slow server is given up. */
  readonly timeouts?: StallTimeouts | undefined;
  /** Whom to trust. Default: whom Node trusts. */
  readonly tls?: TlsOptions | undefined;
  /** False: no proxy, whatever the environment says. */
  readonly proxy?: ProxyOptions | false | undefined;
  /**
   * Looks up the addresses of hosts. Default: as the system does. Where a server leads this client, the addresses decide
   * whether it goes there, and the connection goes to no other ones. Not used for what a proxy reaches.
   */
  readonly lookup?: LookupFunction | undefined;
}

/** Connections to one registry, and to the places that it leads to, which get none of its privileges. */
export interface Dispatchers {
  /**
   * @param from Who said the URL. Where that is not the registry's own, its connections lead no further inside of this
   *   client's network than `from` itself was found to be: `InwardAddressError`.
   */
  for(url: URL, from: URL): Promise<Dispatcher>;
  close(): Promise<void>;
}

/** What holds for connections to the registry itself. */
export interface RegistryBounds {
  /**
   * They lead to this machine or nowhere, whatever its name is found to mean: nobody said that plain HTTP may go further.
   * Default false.
   */
  readonly onlyLoopback?: boolean;
}

export function createDispatchers(
  registryOrigin: string,
  options: ConnectionOptions,
  { onlyLoopback = false }: RegistryBounds = {},
): Dispatchers {
  const open = new Map<string, Promise<Dispatcher>>();
  const reached = createReachedZones();
  const create = async (
    limit: HostZone | undefined,
    proxy: Proxy | undefined,
    protocol: string,
  ): Promise<Dispatcher> => {
    const isRegistry = limit === undefined;
    // Loading undici takes longer than all else here: not before there is something to send.
    const undici = await import("undici");
    const { connectMs = 10_000, stallMs = 60_000 } = options.timeouts ?? {};
    const agent = {
      headersTimeout: stallMs,
      bodyTimeout: stallMs,
      // Ranges of one blob are read side by side; a pipelined one would wait behind the others.
      pipelining: 1,
    };
    const isTls = protocol === "https:";
    const requestTls = { timeout: connectMs, ...(isTls ? securityOf(options.tls, isRegistry) : {}) };
    if (proxy === undefined) {
      const { lookup = systemLookup } = options;
      const onConnected = (origin: string, address: string): void => {
        if (isRegistry && onlyLoopback && zoneOf(address) !== "loopback") throw new Error(notHere(address));
        reached.record(origin, address);
      };
      const connect = createConnector(undici, { tls: requestTls, lookup, limit, onConnected });
      return new undici.Agent({ ...agent, connect });
    }
    // The proxy is not the registry: it gets no certificate of ours, and no leniency.
    const toProxy = proxy.url.protocol === "https:" ? securityOf(options.tls, false) : {};
    const proxyTls = { timeout: connectMs, ...toProxy };
    return createProxyDispatcher(undici, proxy, protocol, { requestTls, proxyTls, agent });
  };
  /** What goes through a proxy is looked up there: then the name has to do. */
  const zoneOfServer = (url: URL): HostZone =>
    proxyFor(url, options.proxy) === undefined ? reached.of(url.origin) : zoneOf(url.hostname);
  return {
    async for(url, from) {
      const limit = url.origin === registryOrigin ? undefined : zoneOfServer(from);
      const proxy = proxyFor(url, options.proxy);
      // By the limit, too: no connection that was made under one is used under another.
      const key = [limit ?? "registry", url.protocol, proxy?.url.href].join(" ");
      const dispatcher = open.get(key) ?? create(limit, proxy, url.protocol);
      open.set(key, dispatcher);
      return dispatcher;
    },
    async close() {
      const opened = await Promise.allSettled(open.values());
      open.clear();
      await Promise.all(opened.flatMap((one) => (one.status === "fulfilled" ? [one.value.destroy()] : [])));
    },
  };
}

function notHere(address: string): string {
  return `it is at ${address}, which is not this machine, and speaks no TLS: nothing was sent there`;
}

interface Security {
  readonly secureContext?: tls.SecureContext;
  readonly rejectUnauthorized?: boolean;
}

/** What all connections have in common: a hundred and more authorities are parsed once, not for each connection. */
function securityOf({ ca, certificate, insecure }: TlsOptions = {}, isRegistry: boolean): Security {
  const shown = isRegistry ? certificate : undefined;
  const trusted = ca === undefined ? undefined : { ca: [...trustedByNode(), ca] };
  const isDefault = trusted === undefined && shown === undefined;
  return {
    ...(isDefault ? {} : { secureContext: tls.createSecureContext({ ...trusted, ...shown }) }),
    ...(isRegistry && insecure === true ? { rejectUnauthorized: false } : {}),
  };
}

/** Since Node 22.15: with the authorities of `NODE_EXTRA_CA_CERTS` and of the system, if it was told to use them. */
interface NewerTls {
  readonly rootCertificates: readonly string[];
  readonly getCACertificates?: (type: "default") => string[];
}

function trustedByNode(): readonly string[] {
  const newer: NewerTls = tls;
  return newer.getCACertificates?.("default") ?? [...newer.rootCertificates, ...extraAuthorities()];
}

/** Older versions of Node give no list that has them, and leave them out of a list that is given. */
function extraAuthorities(): readonly string[] {
  const file = process.env["NODE_EXTRA_CA_CERTS"] ?? "";
  if (file === "") return [];
  try {
    return [readFileSync(file, "utf8")];
  } catch {
    // Node has warned of it, and trusts no more because of it.
    return [];
  }
}

function proxyFor(url: URL, options: ProxyOptions | false = {}): Proxy | undefined {
  if (options === false) return undefined;
  const { http, https, exceptions } = environmentProxies(process.env);
  return routeTo(url, {
    http: options.http ?? http,
    https: options.https ?? https ?? options.http,
    exceptions: options.exceptions ?? exceptions,
  }).proxy;
}
