import { setTimeout as sleep } from "node:timers/promises";
import { proxyErrorOf } from "@blob/registry/proxy";
import { isSafe } from "../bounded-request.js";
import type { PolicyErrorCode } from "../errors.js";
import { PolicyError } from "../errors.js";
import { textAt } from "../json-path.js";
import { type FetchAnswer, fetchProxied, readBounded, whyUnreachable } from "../proxied-fetch.js";

/** How long to wait for services, and how often to ask again. */
export interface ServiceLimits {
  /** For one answer, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** How often a request is sent in all, while a service is unavailable. Default 3. */
  readonly attempts?: number | undefined;
  /** Before the second attempt, in milliseconds; doubled for each further one. Default 500. */
  readonly retryDelayMs?: number | undefined;
}

export interface ServiceRequest {
  /** For messages: "the certificate authority". */
  readonly what: string;
  readonly url: URL;
  /** Makes it a POST. */
  readonly body?: { readonly type: string; readonly bytes: string | Uint8Array } | undefined;
  /** Statuses that are an answer; every other one is an error. */
  readonly statuses: readonly number[];
  /** What the request must not give away in a message: the service could repeat it. */
  readonly secret?: string | undefined;
  readonly limits: ServiceLimits;
  readonly signal: AbortSignal | undefined;
}

export interface ServiceAnswer {
  readonly status: number;
  readonly headers: FetchAnswer["headers"];
  readonly bytes: Uint8Array;
}

/** Answers hold a certificate chain or one log entry. */
const maxAnswerBytes = 1024 ** 2;

/**
 * Sends a request to a service of Sigstore. All of them may be asked again: a second certificate or time stamp does no
 * harm, and a log knows the entry that it has. Redirects are not followed, answers are bounded.
 *
 * @throws PolicyError `ServiceUnavailable` after the last attempt, `ServiceTimedOut`, `ServiceRefused`, `IdentityRefused`
 * when it is about a secret, `InvalidAnswer`
 */
export async function requestService(request: ServiceRequest): Promise<ServiceAnswer> {
  const { attempts = 3, retryDelayMs = 500 } = request.limits;
  if (!isSafe(request.url)) {
    throw new PolicyError("InvalidSigner", `${serverOf(request)} has to be reached over https`);
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(request);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (attempt >= attempts || !isTransient(error)) throw error;
    }
    await pause(retryDelayMs * 2 ** (attempt - 1), request.signal);
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

/** A proxy that refuses does so again. */
const isTransient = (error: unknown): boolean =>
  error instanceof PolicyError &&
  error.code === "ServiceUnavailable" &&
  !["PROXY_INVALID", "PROXY_REFUSED"].includes(proxyErrorOf(error)?.code ?? "");

async function send(request: ServiceRequest): Promise<ServiceAnswer> {
  const { url, body, signal } = request;
  const timeoutMs = request.limits.timeoutMs ?? 30_000;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetchProxied(url, {
      method: body === undefined ? "GET" : "POST",
      headers: { accept: "*/*", ...(body !== undefined && { "content-type": body.type }) },
      body: body === undefined ? null : Buffer.from(body.bytes),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const bytes = await readBounded(response, maxAnswerBytes);
    if (bytes === undefined) {
      const message = `${serverOf(request)} answered with more than ${String(maxAnswerBytes)} bytes`;
      throw new PolicyError("InvalidAnswer", message);
    }
    if (request.statuses.includes(response.status)) {
      return { status: response.status, headers: response.headers, bytes };
    }
    throw statusError(response.status, bytes, request);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof PolicyError) throw error;
    if (timeout.aborted) {
      const message = `${serverOf(request)} did not answer within ${String(timeoutMs / 1000)} seconds`;
      throw new PolicyError("ServiceTimedOut", message);
    }
    const { detail, ...options } = whyUnreachable(error);
    const message = `${serverOf(request)} could not be reached${detail}`;
    throw new PolicyError("ServiceUnavailable", message, options);
  }
}

function statusError(status: number, bytes: Uint8Array, request: ServiceRequest): PolicyError {
  const said = serviceMessage(bytes, request.secret);
  const message = `${serverOf(request)} answered with status ${String(status)}${said}`;
  return new PolicyError(codeOf(status, request), message);
}

function codeOf(status: number, { secret }: ServiceRequest): PolicyErrorCode {
  if (status >= 500 || status === 429 || status === 408) return "ServiceUnavailable";
  if (secret !== undefined && (status === 401 || status === 403)) return "IdentityRefused";
  return "ServiceRefused";
}

/** What the service says about it, unless that repeats a part of the secret. */
function serviceMessage(bytes: Uint8Array, secret: string | undefined): string {
  const said = textAt(parsedJson(bytes), "message")
    .replaceAll(/[^\x20-\x7e]/gu, " ")
    .slice(0, 200);
  const repeats = secret?.split(".").some((part) => part.length >= 8 && said.includes(part.slice(0, 8)));
  return said === "" || repeats === true ? "" : `: ${said}`;
}

/** @returns undefined for what is no JSON. */
export function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}

export const serverOf = ({ what, url }: Pick<ServiceRequest, "what" | "url">): string =>
  `${what} (${url.host})`;

/** A path below a service's URL, which may have a path of its own. */
export function urlBelow(base: string, path: string, what: string): URL {
  if (!URL.canParse(base)) throw new PolicyError("InvalidSigner", `the URL of ${what} is not a URL`);
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/u, "")}${path}`;
  return url;
}
