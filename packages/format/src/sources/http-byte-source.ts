import { checkByteRange } from "./byte-range.js";
import type { ByteRange, ByteSource, SignalOptions } from "./byte-source.js";
import { FormatError } from "../errors.js";
import { formatContentRange, parseContentRange } from "@blob/core/ranges";
import { accessTo, body, discard, refused, request } from "./http-request.js";
import type { HttpAccess, HttpRequestOptions } from "./http-request.js";

/** Options of {@link createHttpByteSource}. */
export interface HttpByteSourceOptions extends SignalOptions, HttpRequestOptions {
  /**
   * Names the content. Default: the URL without its query, with the resource's ETag. If it has no strong ETag, a random
   * id, so that nothing cached is taken for its content.
   */
  readonly id?: string | undefined;
  /** The size in bytes, if it is known: then no request is made before the first read. */
  readonly size?: number | undefined;
}

/** A page can read these headers of another origin only if that origin exposes them. */
const crossOriginAdvice =
  "; a server of another origin has to answer with `Access-Control-Expose-Headers: Content-Range, ETag`";

/** What is known about the resource, so that its replacement is noticed. */
interface Resource extends HttpAccess {
  readonly size: number;
  /** Undefined until the first answer, if the resource was not asked about before. */
  etag: string | undefined;
  isFirst: boolean;
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
 *
 * @example
 * ```ts
 * const data = await createHttpByteSource("https://acme.example/site/data.blob");
 * const archive = openArchive(index, data);
 * ```
 */
export async function createHttpByteSource(
  url: URL | string,
  options: HttpByteSourceOptions = {},
): Promise<ByteSource> {
  const access = accessTo(url, options);
  if (options.size !== undefined) return sourceOfSize(access, options.size, options.id);
  const found = await probe(access, options.signal);
  return createSource({ ...access, ...found, isFirst: false }, options.id);
}

/**
 * A source over a resource whose size is known: no request is made before the first read, whose answer also gives the
 * ETag.
 */
export function sourceOfSize(access: HttpAccess, size: number, id: string | undefined): ByteSource {
  return createSource({ ...access, size, etag: undefined, isFirst: true }, id);
}

function createSource(resource: Resource, id: string | undefined): ByteSource {
  const { name, size, etag } = resource;
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new FormatError("InvalidArgument", `${name} cannot have ${size} bytes`);
  }
  return {
    id: id ?? (etag === undefined ? uniqueId(name) : `${name}#${etag}`),
    size,
    read: (range, { signal } = {}) => readRange(resource, range, signal),
  };
}

function uniqueId(name: string): string {
  const random = crypto.getRandomValues(new Uint32Array(4));
  return `${name}#unversioned-${Array.from(random, (part) => part.toString(36)).join("-")}`;
}

async function probe(
  access: HttpAccess,
  signal: AbortSignal | undefined,
): Promise<Pick<Resource, "etag" | "size">> {
  const response = await request(access, { offset: 0, length: 1 }, signal);
  await discard(response);
  const etag = strongEtag(response);
  const range = parseContentRange(response.headers.get("content-range"));
  if (response.status === 206 && range?.size !== undefined) return { size: range.size, etag };
  // An empty resource has no first byte, so its range is refused.
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
  if (resource.isFirst) {
    resource.isFirst = false;
    resource.etag = strongEtag(response);
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
    // After a whole resource the rest is not wanted; a range is read to its end, to notice that it is too long.
    if (left === 0 && response.status === 200) return;
  }
  if (left > 0) throw mismatch(resource, `ended ${left} bytes early`);
}

/** Checks that an answer is about this range of this resource. Returns how many bytes come before the range. */
function checkAnswer(resource: Resource, range: ByteRange, response: Response): number {
  const { size } = resource;
  const { status } = response;
  if (status === 416) throw mismatch(resource, "does not have these bytes any more");
  if (status !== 200 && status !== 206) throw refused(resource, response);
  // An answer with a range has the ETag that the whole would have (RFC 9110, section 15.3.7).
  if (resource.etag !== undefined && strongEtag(response) !== resource.etag) {
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

/** RFC 9110, section 8.8.1: only a strong validator says that bytes are the same. */
function strongEtag(response: Response): string | undefined {
  const etag = response.headers.get("etag");
  return etag === null || etag.startsWith("W/") ? undefined : etag;
}

function isPlain(response: Response): boolean {
  return (response.headers.get("content-encoding") ?? "identity") === "identity";
}

function mismatch({ name }: HttpAccess, what: string): FormatError {
  return new FormatError("SourceMismatch", `${name} ${what}`);
}
