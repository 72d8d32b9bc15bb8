import type { ByteRange } from "./byte-source.js";
import { FormatError } from "../errors.js";
import { checkFunction } from "../option-values.js";

/** How a resource is asked for. */
export interface HttpAccess {
  readonly url: string;
  /** For messages: without a query, which may be signed. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
}

/** What callers may say about requests. */
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

/** Asks for a range, or for all where none is said. `Network` when the server cannot be reached. */
export async function request(
  { url, name, headers, fetch }: HttpAccess,
  range: ByteRange | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  // Node's types do not have `cache`; browsers do.
  const init: RequestInit & { readonly cache: "no-store" } = {
    // Browsers would put ranges together from what they have of others, and ask the server about that first.
    cache: "no-store",
    headers: {
      ...headers,
      // With it, fetch asks for the bytes as they are and not for a compressed form (Fetch standard, 4.6). No If-Range: a
      // page of another origin would have to ask for permission to send it, before each read. The ETag of the answer
      // tells the same.
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

/** The chunks of an answer. `Network` when it breaks off. */
export async function* body(
  { name }: HttpAccess,
  response: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  // Not iterated directly: not all browsers can.
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  let isFinished = false;
  try {
    for (;;) {
      const result = await reader.read();
      if (result.done) break;
      // fetch does not say so in its types, but its bodies are bytes (Fetch standard, "body").
      const chunk: unknown = result.value;
      if (chunk instanceof Uint8Array) yield chunk;
    }
    isFinished = true;
  } catch (cause) {
    isFinished = true;
    signal?.throwIfAborted();
    throw new FormatError("Network", `${name} broke off while it was read`, { cause });
  } finally {
    // A loop that was left early: frees the connection.
    if (!isFinished) await reader.cancel().catch(() => undefined);
  }
}

/** Frees the connection of an answer that nobody reads. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

/** The error for an answer that is a refusal. */
export function refused({ name }: HttpAccess, { status }: Response): FormatError {
  const message = `${name} cannot be read: the server answered with status ${status}`;
  return status === 404 || status === 410
    ? new FormatError("NotFound", message, { what: "archive" })
    : new FormatError("Http", message);
}
