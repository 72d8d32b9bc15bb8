import process from "node:process";
import { readBeginning } from "@blob/core/bytes";
import { createProxyDispatcher, environmentProxies, proxyErrorOf, routeTo } from "@blob/registry/proxy";
import type { Dispatcher } from "undici";

export interface FetchRequest {
  /** Default `GET`. */
  readonly method?: "GET" | "POST" | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Uint8Array<ArrayBuffer> | URLSearchParams | null | undefined;
  readonly signal: AbortSignal;
}

/** What is used of an answer, whichever implementation of `fetch` it came from. */
export interface FetchAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: (AsyncIterable<Uint8Array> & { cancel(): Promise<void> }) | null;
}

/**
 * `fetch` without redirects, through the proxy that the environment names (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`), as
 * registries are reached: Node's own looks at these only in later versions, and when it is told to. This machine itself
 * is reached without.
 */
export async function fetchProxied(target: URL | string, request: FetchRequest): Promise<FetchAnswer> {
  const url = new URL(target);
  const { method = "GET", headers = {}, body = null, signal } = request;
  const init = { method, headers, body, signal, redirect: "manual" } as const;
  const { proxy } = routeTo(url, environmentProxies(process.env));
  if (proxy === undefined) return fetch(url, init);
  // Only now: most environments have no proxy, and loading it takes longer than a request.
  const undici = await import("undici");
  const key = `${url.protocol} ${proxy.url.href}`;
  const dispatcher = dispatchers.get(key) ?? createProxyDispatcher(undici, proxy, url.protocol);
  dispatchers.set(key, dispatcher);
  return undici.fetch(url, { ...init, dispatcher });
}

/** By protocol and proxy: kept, so that connections are used again. */
const dispatchers = new Map<string, Dispatcher>();

/** The body of an answer; undefined when it is larger, of which no more is read. */
export async function readBounded(answer: FetchAnswer, maxBytes: number): Promise<Uint8Array | undefined> {
  const { bytes, isCut } = await readBeginning(answer.body ?? [], maxBytes);
  return isCut ? undefined : bytes;
}

/**
 * What a message may say about an error of {@link fetchProxied}, and the cause that an error may have. What `fetch`
 * throws can quote headers; its cause comes from the socket, and cannot.
 */
export function whyUnreachable(error: unknown): { readonly detail: string; readonly cause?: Error } {
  const proxyError = proxyErrorOf(error);
  if (proxyError !== undefined) return { detail: `: ${proxyError.message}`, cause: proxyError };
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error) || !("code" in cause) || typeof cause.code !== "string")
    return { detail: "" };
  return { detail: `: ${cause.code}`, cause };
}
