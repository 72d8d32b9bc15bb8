import { once } from "@blob/core/bytes";
import type { RequestedRange } from "@blob/core/ranges";
import { formatContentRange, parseRange } from "@blob/core/ranges";
import type { Archive } from "../archive.js";
import type { Entry } from "../entry.js";
import type { Sha256 } from "../sha256.js";
import { portableSha256 } from "../sha256.js";
import type { ZstdDecoder } from "../zstd/codec.js";
import { portableZstdDecoder } from "../zstd/portable/portable.js";
import { isTextType, mediaTypeOf, withCharset } from "./content-type.js";
import type { Part } from "./file-content.js";
import { openContent } from "./file-content.js";
import { lastModified } from "./last-modified.js";
import type { Validators } from "./preconditions.js";
import { evaluateConditions, rangeApplies } from "./preconditions.js";
import type { Representation } from "./representation.js";
import { choose, codedOf, identityOf, siblingOf } from "./representation.js";
import { startReading, streamBody } from "./response-body.js";
import { createStoredZstd } from "./stored-zstd.js";

/** What of a request tells how to answer with a file. Any `Request` is one. */
export type FileRequest = Pick<Request, "method" | "headers" | "signal">;

/** Compresses content that arrives in pieces; whatever its source throws is thrown instead of ending. */
export type Compress = (content: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** How files are sent. */
export interface FileResponderOptions {
  /** What checks compressed files that are sent as they are stored. Default: plain JavaScript; `@blob/format/node` has faster ones. */
  readonly zstd?: ZstdDecoder | undefined;
  /** What computes hashes. Default: plain JavaScript. */
  readonly sha256?: Sha256 | undefined;
  /** The `Content-Type` of a file. Default: by its extension, and UTF-8 for text. */
  readonly contentType?: ((path: string) => string) | undefined;
  /**
   * The `Cache-Control` of a file, or of all. Default `no-cache`: what was kept is used after a short question whether it is
   * still right. Files whose names change with their content may be kept without: `public, max-age=31536000, immutable`.
   */
  readonly cacheControl?: string | ((path: string) => string) | undefined;
  /** Further headers of all answers with a file, 304 and its like included. Types, lengths and codings are not for them. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /**
   * Send `file.js.br` or `file.js.gz`, when the archive has it, to clients that take it, instead of `file.js`.
   * The archive is believed that they have the same content: only the hash of what is sent is checked. Default false.
   */
  readonly precompressed?: boolean | undefined;
  /** Compresses texts on the way for clients that take gzip. Default: none is. */
  readonly gzip?: Compress | undefined;
  /**
   * Of a file of more than 4 MiB without chunks, read and check the whole for a part of it. Default false: the part is read
   * alone, and **not verified**, since the hash covers the whole file. Parts of files that are cut into chunks, as archives
   * of this package have them, are verified in any case.
   */
  readonly verifyParts?: boolean | undefined;
}

/** What is said with one answer. */
export interface FileAnswerOptions {
  /** Further headers of answers that have the file or a part of it, such as `Content-Disposition`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Told why a body broke off; not when nobody wanted the rest of it. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Answers a GET or HEAD with a file: see {@link createFileResponder}. Rejects with what reading the file throws before the
 * answer begins, and with the reason of the request's signal.
 */
export type FileResponder = (
  request: FileRequest,
  entry: Entry,
  options?: FileAnswerOptions,
) => Promise<Response>;

/** Smaller files do not get smaller. */
const minGzipBytes = 1024;

/**
 * Answers with the files of an archive as RFC 9110 has it, for a server that finds them itself; `createArchiveHandler` finds
 * them by the URL. Entity tags are hashes of content; conditions and a range of bytes are followed (several ranges are
 * answered with the whole file); a file that is stored compressed is sent so to clients that take zstd.
 *
 * Bodies are verified: of files of up to 4 MiB before the answer begins, of larger ones on the way. The last chunk is held
 * back until the hash is right, and a body that is not breaks off. Parts of files that are cut into chunks are verified by
 * these. Takes memory for one file of 4 MiB, or a chunk and a decoder's window, for each answer in progress: how many there
 * are at once is up to the server.
 *
 * @example
 * ```ts
 * const respond = createFileResponder(archive);
 * const entry = archive.entry("index.html");
 * return entry === undefined ? new Response(null, { status: 404 }) : respond(request, entry);
 * ```
 */
export function createFileResponder(archive: Archive, options: FileResponderOptions = {}): FileResponder {
  const {
    contentType = (path) => withCharset(mediaTypeOf(path)),
    cacheControl = "no-cache",
    precompressed = false,
    verifyParts = false,
    gzip,
  } = options;
  const stored = createStoredZstd(archive, {
    zstd: options.zstd ?? portableZstdDecoder,
    sha256: options.sha256 ?? portableSha256,
  });

  /** What a file can be sent as besides as it is, the best first. */
  function codedForms(entry: Entry, type: string): readonly Representation[] {
    const siblings = { br: siblingFor(entry, "br"), gzip: siblingFor(entry, "gzip") };
    const canGzip = gzip !== undefined && entry.size >= minGzipBytes && isTextType(type);
    return [
      siblings.br,
      stored.suits(entry) ? codedOf(entry, "zstd") : undefined,
      siblings.gzip ?? (canGzip ? codedOf(entry, "gzip") : undefined),
    ].filter((form) => form !== undefined);
  }

  function siblingFor(entry: Entry, coding: "br" | "gzip"): Representation | undefined {
    return precompressed ? siblingOf(archive, entry, coding) : undefined;
  }

  /** What every answer says that has to do with a file, with its content or without. */
  function headersFor({ path }: Entry, { etag, modified }: Validators, isNegotiated: boolean): Headers {
    const headers = new Headers({
      "accept-ranges": "bytes",
      "cache-control": typeof cacheControl === "string" ? cacheControl : cacheControl(path),
      etag,
      "x-content-type-options": "nosniff",
    });
    if (modified !== undefined) headers.set("last-modified", new Date(modified * 1000).toUTCString());
    if (isNegotiated) headers.set("vary", "Accept-Encoding");
    setAll(headers, options.headers);
    return headers;
  }

  async function respond(
    request: FileRequest,
    entry: Entry,
    answer: FileAnswerOptions = {},
  ): Promise<Response> {
    const { method, headers: asked, signal } = request;
    signal.throwIfAborted();
    const type = contentType(entry.path);
    const coded = codedForms(entry, type);
    const chosen = choose(identityOf(entry), coded, asked);
    const validators = { etag: chosen.etag, modified: lastModified(entry.mtimeNs, Date.now() / 1000) };
    const headers = headersFor(entry, validators, coded.length > 0);
    const verdict = evaluateConditions(asked, validators);
    if (verdict !== "proceed") {
      return new Response(null, { status: verdict === "failed" ? 412 : 304, headers });
    }
    const range: RequestedRange =
      method === "GET" && rangeApplies(asked, validators)
        ? parseRange(asked.get("range") ?? undefined, entry.size)
        : { kind: "whole" };
    if (range.kind === "unsatisfiable") {
      headers.set("content-range", `bytes */${entry.size}`);
      headers.set("content-length", "0");
      return new Response(null, { status: 416, headers });
    }
    const isPart = range.kind === "part";
    const part = isPart ? range : { start: 0, end: (chosen.sibling ?? entry).size };
    const length = lengthOf(chosen, entry, part);
    headers.set("content-type", type);
    if (isPart) {
      const { start, end } = part;
      headers.set("content-range", formatContentRange({ offset: start, length: end - start }, entry.size));
    }
    if (chosen.coding !== "identity") headers.set("content-encoding", chosen.coding);
    if (length !== undefined) headers.set("content-length", String(length));
    setAll(headers, answer.headers);
    const body = await openBody(request, { form: chosen, entry, part }, answer);
    // Frames that turned out not to suit: now they are not offered any more.
    if (body === undefined) return respond(request, entry, answer);
    return new Response(body, { status: isPart ? 206 : 200, headers });
  }

  /** Null for HEAD; `undefined` when the file cannot be sent in this form after all. */
  async function openBody(
    { method, signal }: FileRequest,
    { form, entry, part }: Content,
    { onError = () => undefined }: FileAnswerOptions,
  ): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null | undefined> {
    const isStored = form.coding === "zstd";
    // Whether frames can be passed on is known when they are read: only then HEAD says what GET would.
    if (method === "HEAD" && !isStored) return null;
    const reading = startReading(signal);
    try {
      const content = isStored
        ? await stored.open(entry, reading.signal)
        : await open({ form, entry, part }, reading.signal);
      if (content === undefined || content instanceof Uint8Array) {
        reading.finish();
        return content === undefined ? undefined : method === "HEAD" ? null : bodyOf(content);
      }
      const body = streamBody(content, reading, onError);
      if (method !== "HEAD") return body;
      await body.cancel();
      return null;
    } catch (error) {
      reading.finish();
      throw error;
    }
  }

  async function open(
    { form: { coding, sibling }, entry, part }: Content,
    signal: AbortSignal,
  ): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
    const content = await openContent(archive, sibling ?? entry, part, { signal, verifyParts });
    if (coding !== "gzip" || sibling !== undefined || gzip === undefined) return content;
    return gzip(content instanceof Uint8Array ? once(content) : content);
  }

  return respond;
}

/** What is sent: a part of one form of a file. */
interface Content {
  readonly form: Representation;
  readonly entry: Entry;
  readonly part: Part;
}

/** How long a body will be; of what is compressed on the way nobody knows. */
function lengthOf(
  { coding, sibling }: Representation,
  entry: Entry,
  { start, end }: Part,
): number | undefined {
  if (coding === "gzip" && sibling === undefined) return undefined;
  return coding === "zstd" ? entry.storedSize : end - start;
}

function setAll(headers: Headers, more: Readonly<Record<string, string>> = {}): void {
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
}

/** Memory of this answer alone, which is what `Response` takes. */
function bodyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes);
}
