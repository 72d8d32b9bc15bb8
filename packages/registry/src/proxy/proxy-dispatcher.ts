import type * as undiciModule from "undici";
import type { Agent, buildConnector, Dispatcher, Pool } from "undici";
import { refusalOf } from "./proxy-error.js";
import type { Proxy } from "./route.js";

/** What is loaded of undici when there is a proxy. */
type Undici = Pick<typeof undiciModule, "Pool" | "ProxyAgent">;

/** How the connections through a proxy are made. */
export interface ProxyDispatcherOptions {
  /** For connections to the target, inside of the proxy's tunnel. */
  readonly requestTls?: buildConnector.BuildOptions;
  /** For connections to the proxy itself. */
  readonly proxyTls?: buildConnector.BuildOptions;
  /** For both. */
  readonly agent?: Omit<Agent.Options, "connect" | "factory">;
}

/**
 * Sends requests for one protocol through a proxy: https through tunnels (`CONNECT`), http as the proxy's own requests,
 * which is all that many proxies allow (RFC 9112, section 3.2.2). A proxy that refuses is a `ProxyError`.
 */
export function createProxyDispatcher(
  undici: Undici,
  proxy: Proxy,
  protocol: string,
  { requestTls = {}, proxyTls = {}, agent = {} }: ProxyDispatcherOptions = {},
): Dispatcher {
  const { url } = proxy;
  if (url.protocol.startsWith("socks")) {
    return new undici.ProxyAgent({ ...agent, uri: url.href, requestTls, proxyTls });
  }
  const createPool = (options: object): Pool =>
    new undici.Pool(url.origin, { ...poolOptions(agent), ...options });
  if (protocol === "http:") return createPool({ connect: proxyTls }).compose(absoluteForm(proxy));
  return new undici.ProxyAgent({
    ...agent,
    uri: url.origin,
    requestTls,
    proxyTls,
    ...(proxy.authorization === undefined ? {} : { token: proxy.authorization }),
    clientFactory: (_origin, options) => tellingRefusals(createPool(options), proxy),
  });
}

/** Those of a pool that an agent's may have. */
function poolOptions({ headersTimeout, bodyTimeout, pipelining }: Agent.Options): Pool.Options {
  return {
    ...(headersTimeout === undefined ? {} : { headersTimeout }),
    ...(bodyTimeout === undefined ? {} : { bodyTimeout }),
    ...(pipelining === undefined ? {} : { pipelining }),
  };
}

/** Undici says only in words what a proxy answered to `CONNECT`. */
function tellingRefusals(pool: Pool, proxy: Proxy): Dispatcher {
  const connect = pool.connect.bind(pool);
  return Object.assign(pool, {
    async connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> {
      const answer = await connect(options);
      if (answer.statusCode === 200) return answer;
      answer.socket.on("error", () => undefined).destroy();
      throw refusalOf(answer.statusCode, proxy, options.path);
    },
  });
}

function absoluteForm(proxy: Proxy): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const origin = String(options.origin);
    const { host } = new URL(origin);
    const own: Record<string, string> =
      proxy.authorization === undefined ? { host } : { host, "proxy-authorization": proxy.authorization };
    return dispatch(
      {
        ...options,
        origin: proxy.url.origin,
        path: `${origin}${options.path}`,
        headers: withHeaders(options.headers, own),
      },
      refusing(handler, proxy, host),
    );
  };
}

/** Hands everything on but a 407, which is never the target's. */
function refusing(
  handler: Dispatcher.DispatchHandler,
  proxy: Proxy,
  target: string,
): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (...all) => handler.onRequestStart?.(...all),
    onRequestUpgrade: (...all) => handler.onRequestUpgrade?.(...all),
    onResponseStart(controller, status, ...rest) {
      if (status === 407) throw refusalOf(status, proxy, target);
      handler.onResponseStart?.(controller, status, ...rest);
    },
    onResponseData: (...all) => handler.onResponseData?.(...all),
    onResponseEnd: (...all) => handler.onResponseEnd?.(...all),
    onResponseError: (...all) => handler.onResponseError?.(...all),
  };
}

/** Undici takes headers as an object, or as a flat list of names and values. */
function withHeaders(
  headers: Dispatcher.DispatchOptions["headers"],
  more: Readonly<Record<string, string>>,
): NonNullable<Dispatcher.DispatchOptions["headers"]> {
  if (Array.isArray(headers)) return [...headers, ...Object.entries(more).flat()];
  if (typeof headers === "object" && headers !== null && Symbol.iterator in headers) {
    return { ...Object.fromEntries(headers), ...more };
  }
  return { ...headers, ...more };
}
