import type { ByteRange } from "./byte-source.js";
import { FormatError } from "../errors.js";
import { checkFunction } from "../option-values.js";

/** How a resource is requested. */
export interface HttpAccess {
  readonly url: string;
  /** The URL for messages. Without its query, which may be signed and so a secret. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
}

/** How requests are sent. */
export interface HttpRequestOptions {
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What sends requests. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** `InvalidArgument` for what is no absolute URL. */
export function accessTo(url: URL | string, { headers, fetch }: HttpRequestOptions): HttpAccess {
  checkFunction("fetch", fetch);
  const { origin, pathname, href } = parseUrl(url);
  return { url: href, name: origin + pathname, headers: headers ?? {}, fetch: fetch ?? globalThis.fetch };
}

/** `InvalidArgument` for what is no absolute URL. */
export function parseUrl(url: URL | string): URL {
  try {
    return new URL(url);
  } catch (cause) {
    throw new FormatError("InvalidArgument", "This is not an absolute URL", { cause });
  }
}

/** Requests a range, or the whole resource without one. `Network` when the server cannot be reached. */
export async function request(
  { url, name, headers, fetch }: HttpAccess,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  // Node's types do not have `cache`; browsers do.
  const init: RequestInit & { readonly cache: "no-store" } = {
    // Browsers would assemble ranges from cached ones, after asking the server about those first.
    cache: "no-store",
    headers: {
      ...headers,
      // With a range, fetch asks for plain bytes and not for a compressed form (Fetch standard, 4.6). There is no
      // If-Range: a page of another origin would need permission for it (a preflight) before each read, and the ETag of
      // the answer tells the same.
      ...(range !== undefined && { range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
    },
    ...(signal === undefined ? {} : { signal }),
  };
  try {
    return await fetch(url, init);
  } catch (cause) {
    signal?.throwIfAborted();
    throw new FormatError("Network", `${name} cannot be reached`, { cause });
  }
}

/** The chunks of a response. `Network` when it breaks off. */
export async function* body(
  { name }: HttpAccess,
  response: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  // With a reader: not all browsers can iterate over a body.
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  let isFinished = false;
  try {
    for (;;) {
      const result = await reader.read();
      if (result.done) break;
      // The types of fetch do not say so, but chunks of a body are bytes (Fetch standard, "body").
      const chunk: unknown = result.value;
      if (chunk instanceof Uint8Array) yield chunk;
    }
    isFinished = true;
  } catch (cause) {
    isFinished = true;
    signal?.throwIfAborted();
    throw new FormatError("Network", `${name} broke off while it was read`, { cause });
  } finally {
    // The consumer has left early: this frees the connection.
    if (!isFinished) await reader.cancel().catch(() => undefined);
  }
}

/** Frees the connection of a response whose body is not read. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

/** The error for a response that refuses the request. */
export function refused({ name }: HttpAccess, { status }: Response): FormatError {
  const message = `${name} cannot be read: the server answered with status ${status}`;
  return status === 404 || status === 410
    ? new FormatError("NotFound", message, { what: "archive" })
    : new FormatError("Http", message);
}
