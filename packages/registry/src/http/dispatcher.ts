import * as tls from "node:tls";
import type { Agent, Dispatcher, EnvHttpProxyAgent as ProxyAgent } from "undici";
import { RegistryError } from "../errors.js";
import { zoneOf } from "./host-zone.js";

/** How long nothing may happen. None of these limits a transfer that moves. */
export interface StallTimeouts {
  /** Until a connection stands. Default 10,000 ms. */
  readonly connectMs?: number | undefined;
  /** Until the headers of an answer are there, and between two pieces of a body. Default 60,000 ms. */
  readonly stallMs?: number | undefined;
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

/** The proxies to go through. Never used for this machine itself. */
export interface ProxyOptions {
  /** For http registries. Default: the environment's `HTTP_PROXY`. */
  readonly http?: string | undefined;
  /** For https registries. Default: the environment's `HTTPS_PROXY`, else its `HTTP_PROXY`. */
  readonly https?: string | undefined;
  /** Hosts to reach directly, as in `.corp.example,10.0.0.1:5000`. Default: the environment's `NO_PROXY`. */
  readonly exceptions?: string | undefined;
}

export interface ConnectionOptions {
  readonly timeouts?: StallTimeouts | undefined;
  readonly tls?: TlsOptions | undefined;
  /** False: no proxy, whatever the environment says. */
  readonly proxy?: ProxyOptions | false | undefined;
}

/** Connections to one registry, and to the places that it redirects to, which get none of its privileges. */
export interface Dispatchers {
  for(url: URL): Promise<Dispatcher>;
  close(): Promise<void>;
}

export function createDispatchers(registryOrigin: string, options: ConnectionOptions): Dispatchers {
  const open = new Map<string, Promise<Dispatcher>>();
  const create = async (isRegistry: boolean, isDirect: boolean, isTls: boolean): Promise<Dispatcher> => {
    // Loading undici takes longer than all else here: not before there is something to send.
    const undici = await import("undici");
    const { connectMs = 10_000, stallMs = 60_000 } = options.timeouts ?? {};
    const secure = isTls ? securityOf(options.tls, isRegistry) : {};
    const agent = {
      headersTimeout: stallMs,
      bodyTimeout: stallMs,
      // Ranges of one blob are read side by side; a pipelined one would wait behind the others.
      pipelining: 1,
      connect: { timeout: connectMs, ...secure },
      requestTls: { timeout: connectMs, ...secure },
    };
    if (isDirect || options.proxy === false) return new undici.Agent(agent);
    return createProxied(undici.EnvHttpProxyAgent, agent, options.proxy ?? {});
  };
  return {
    for(url) {
      const isRegistry = url.origin === registryOrigin;
      const isDirect = zoneOf(url.hostname) === "loopback";
      const isTls = url.protocol === "https:";
      const key = `${isRegistry} ${isDirect} ${isTls}`;
      const dispatcher = open.get(key) ?? create(isRegistry, isDirect, isTls);
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
  return newer.getCACertificates?.("default") ?? newer.rootCertificates;
}

function createProxied(
  EnvHttpProxyAgent: typeof ProxyAgent,
  agent: Agent.Options,
  { http, https, exceptions }: ProxyOptions,
): Dispatcher {
  try {
    return new EnvHttpProxyAgent({
      ...agent,
      ...(http === undefined ? {} : { httpProxy: http }),
      ...(https === undefined ? {} : { httpsProxy: https }),
      ...(exceptions === undefined ? {} : { noProxy: exceptions }),
    });
  } catch {
    // Without the cause: it may show the proxy's password.
    const message = "the proxy (HTTP_PROXY, HTTPS_PROXY) is not a URL: write http://host:port";
    throw new RegistryError("InvalidArgument", message);
  }
}
