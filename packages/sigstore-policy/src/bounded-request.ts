import { isLoopbackAddress } from "@blob/core/hosts";
import { PolicyError, type PolicyErrorCode } from "./errors.js";
import { fetchProxied, readBounded, whyUnreachable } from "./proxied-fetch.js";

export interface BoundedRequest {
  readonly url: URL;
  /** For messages, together with the URL's host: "the token server". */
  readonly what: string;
  /** Of every error. */
  readonly code: PolicyErrorCode;
  readonly maxBytes: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Makes it a POST. */
  readonly form?: URLSearchParams | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** For the whole exchange: what is asked for is small. */
const timeoutMs = 30_000;

/**
 * Sends one small request, and returns the body of a 200. No redirect is followed, no other status accepted, and no
 * byte over the limit read. Messages name the host and nothing else of the URL, and never the answer.
 *
 * @throws PolicyError With the given code.
 */
export async function requestBounded(request: BoundedRequest): Promise<Uint8Array> {
  const { url, what, code, signal } = request;
  const server = `${what} (${url.host})`;
  if (!isSafe(url)) throw new PolicyError(code, `${server} has to be reached over https`);
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetchProxied(url, {
      method: request.form === undefined ? "GET" : "POST",
      headers: { accept: "*/*", ...request.headers },
      body: request.form ?? null,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    if (response.status === 200) {
      const bytes = await readBounded(response, request.maxBytes);
      if (bytes !== undefined) return bytes;
      throw new PolicyError(code, `${server} answered with more than ${request.maxBytes} bytes`);
    }
    await response.body?.cancel();
    const detail =
      response.status >= 300 && response.status < 400 ? ", a redirect, which is not followed" : "";
    throw new PolicyError(code, `${server} answered with status ${response.status}${detail}`);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof PolicyError) throw error;
    if (timeout.aborted)
      throw new PolicyError(code, `${server} did not answer within ${timeoutMs / 1000} seconds`);
    const { detail, ...options } = whyUnreachable(error);
    throw new PolicyError(code, `${server} could not be reached${detail}`, options);
  }
}

/** Nobody but this machine can change what goes over its loopback interface. */
export function isSafe(url: URL): boolean {
  if (url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopbackAddress(url.hostname));
}
