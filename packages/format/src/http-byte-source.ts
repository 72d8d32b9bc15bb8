import { checkByteRange } from "./byte-range.js";
import type { ByteRange, ByteSource, SignalOptions } from "./byte-source.js";
import { FormatError } from "./errors.js";
import { formatContentRange, parseContentRange } from "@blob/core/ranges";

export interface HttpByteSourceOptions extends SignalOptions {
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** What sends requests. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /**
   * Names the content. Default: the URL without its query, and the resource's ETag; where there is no strong one,
   * something that no other source has.
   */
  readonly id?: string | undefined;
  /** The size in bytes, when it is known: then nothing is asked for before the first read. */
  readonly size?: number | undefined;
}

/** Pages do not see these headers of another origin unless it says so. */
const crossOriginAdvice =
  "; a server of another origin has to answer with `Access-Control-Expose-Headers: Content-Range, ETag`";

/** What is known about the resource, to notice when it is replaced. */
interface Resource {
  readonly url: string;
  /** For messages: without a query, which may be signed. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
  readonly size: number;
  readonly etag: string | undefined;
}

/**
 * A source over anything that answers HTTP range requests; a server that ignores ranges works too, but sends what comes
 * before a range as well. One request a read. Unless the size is given, a request for one byte is made first, to learn
 * it; `options.signal` is for that request only.
 *
 * Reads and the first request throw `Http` when the server refuses or cannot be reached, and `SourceMismatch` when it
 * sends something else than what was asked for, or when the resource is not the same as before. In a page, a server
 * of another origin has to allow the page's origin and to expose the headers `Content-Range` and `ETag`; it is not asked
 * beforehand (no preflight), unless `options.headers` need that.
 */
export async function createHttpByteSource(
  url: URL | string,
  options: HttpByteSourceOptions = {},
): Promise<ByteSource> {
  const { origin, pathname, href } = parseUrl(url);
  const name = origin + pathname;
  const access = {
    url: href,
    name,
    headers: options.headers ?? {},
    fetch: options.fetch ?? globalThis.fetch,
  };
  const found =
    options.size === undefined
      ? await probe(access, options.signal)
      : { size: options.size, etag: undefined };
  if (!Number.isSafeInteger(found.size) || found.size < 0) {
    throw new FormatError("InvalidArgument", `${name} cannot have ${found.size} bytes`);
  }
  const resource: Resource = { ...access, ...found };
  return {
    id: options.id ?? (found.etag === undefined ? uniqueId(name) : `${name}#${found.etag}`),
    size: found.size,
    read: (range, { signal } = {}) => readRange(resource, range, signal),
  };
}

function parseUrl(url: URL | string): URL {
  try {
    return new URL(url);
  } catch (cause) {
    throw new FormatError("InvalidArgument", "This is not an absolute URL", { cause });
  }
}

function uniqueId(name: string): string {
  const random = crypto.getRandomValues(new Uint32Array(4));
  return `${name}#unversioned-${Array.from(random, (part) => part.toString(36)).join("-")}`;
}

type Access = Omit<Resource, "etag" | "size">;

async function probe(
  access: Access,
  signal: AbortSignal | undefined,
): Promise<Pick<Resource, "etag" | "size">> {
  const response = await request(access, { offset: 0, length: 1 }, signal);
  await discard(response);
  const etag = strongEtag(response);
  const range = parseContentRange(response.headers.get("content-range"));
  if (response.status === 206 && range?.size !== undefined) return { size: range.size, etag };
  // There is no first byte of nothing.
  if (response.status === 416 && range?.size === 0) return { size: 0, etag };
  const length = response.headers.get("content-length");
  if (response.status === 200 && length !== null && isPlain(response)) return { size: Number(length), etag };
  if (response.status === 200 || response.status === 206) {
    throw new FormatError(
      "Http",
      `${access.name} does not say how large it is: pass its size${crossOriginAdvice}`,
    );
  }
  throw refused(access, response);
}

async function* readRange(
  resource: Resource,
  range: ByteRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  checkByteRange(range, resource.size);
  signal?.throwIfAborted();
  if (range.length === 0) return;
  const response = await request(resource, range, signal);
  let skip: number;
  try {
    skip = checkAnswer(resource, range, response);
  } catch (error) {
    await discard(response);
    throw error;
  }
  let left = range.length;
  for await (const chunk of body(resource, response, signal)) {
    const skipped = Math.min(skip, chunk.length);
    skip -= skipped;
    const wanted = chunk.subarray(skipped, skipped + left);
    left -= wanted.length;
    if (response.status === 206 && chunk.length > wanted.length) {
      throw mismatch(resource, `sent more than the ${range.length} bytes that it announced`);
    }
    if (wanted.length > 0) yield wanted;
    // Of a whole resource, the rest is not wanted; of a range, its end is waited for.
    if (left === 0 && response.status === 200) return;
  }
  if (left > 0) throw mismatch(resource, `ended ${left} bytes early`);
}

/** Checks that an answer is about this range of this resource; gives the number of bytes before the range. */
function checkAnswer(resource: Resource, range: ByteRange, response: Response): number {
  const { etag, size } = resource;
  const { status } = response;
  if (status === 416) throw mismatch(resource, "does not have these bytes any more");
  if (status !== 200 && status !== 206) throw refused(resource, response);
  // An answer with a range has the ETag that the whole would have (RFC 9110, section 15.3.7).
  if (etag !== undefined && strongEtag(response) !== etag) {
    throw mismatch(resource, "was replaced since it was opened");
  }
  if (!isPlain(response)) throw mismatch(resource, "sent something encoded, which has other ranges");
  if (status === 200) {
    const length = response.headers.get("content-length");
    if (length !== null && Number(length) !== size)
      throw mismatch(resource, `has ${length} bytes, not ${size}`);
    return range.offset;
  }
  const header = response.headers.get("content-range");
  if (header === null || header === "")
    throw mismatch(resource, `does not show which bytes it sent${crossOriginAdvice}`);
  const answered = parseContentRange(header);
  if (answered?.offset !== range.offset || answered.length !== range.length) {
    throw mismatch(
      resource,
      `was asked for "${formatContentRange(range, size)}" and answered with "${header}"`,
    );
  }
  if (answered.size !== undefined && answered.size !== size) {
    throw mismatch(resource, `has ${answered.size} bytes, not ${size}`);
  }
  return 0;
}

async function request(
  { url, name, headers, fetch }: Access,
  { offset, length }: ByteRange,
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
      range: `bytes=${offset}-${offset + length - 1}`,
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

async function* body(
  { name }: Access,
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

async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => undefined);
}

/** RFC 9110, section 8.8.1: only a strong validator says that bytes are the same. */
function strongEtag(response: Response): string | undefined {
  const etag = response.headers.get("etag");
  return etag === null || etag.startsWith("W/") ? undefined : etag;
}

function isPlain(response: Response): boolean {
  return (response.headers.get("content-encoding") ?? "identity") === "identity";
}

function refused({ name }: Access, { status }: Response): FormatError {
  const message = `${name} cannot be read: the server answered with status ${status}`;
  return status === 404 || status === 410
    ? new FormatError("NotFound", message, { what: "archive" })
    : new FormatError("Http", message);
}

function mismatch({ name }: Access, what: string): FormatError {
  return new FormatError("SourceMismatch", `${name} ${what}`);
}
