import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { Archive, Entry } from "@blob/format";
import type { ContentCoding } from "./accept-encoding.js";
import { accepts } from "./accept-encoding.js";
import { parseRange } from "@blob/core/ranges";
import { openContent } from "./content.js";
import { contentTypeOf, isText, mediaTypeOf } from "./content-type.js";
import { lastModified } from "./file-time.js";
import { evaluateConditions, rangeApplies } from "./preconditions.js";
import { contentHeaders } from "./security-headers.js";
import { sendBody } from "./send-body.js";
import type { StoredZstd } from "./stored-zstd.js";

/** What answering with a file takes. */
export interface FileContext {
  readonly archive: Archive;
  readonly stored: StoredZstd;
  readonly stallMs: number;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Whether other sites, and documents of the archive itself, may use files as pictures, styles and the like. */
  readonly embeddable: boolean;
}

/** Smaller files do not get smaller. */
const minGzipBytes = 1024;

export interface FileRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly entry: Entry;
  /** Ask browsers to save the file instead of showing it. */
  readonly download: boolean;
  readonly signal: AbortSignal;
}

/** Answers a GET or HEAD with a file, or with a part of it (RFC 9110, 13 to 15). */
export async function answerWithFile(context: FileContext, asked: FileRequest): Promise<void> {
  const { request, response, entry, download, signal } = asked;
  const { archive, stored, stallMs, now } = context;
  const modified = lastModified(entry.mtimeNs, now());
  const type = mediaTypeOf(entry.path);
  // Parts are of the file itself: it is not compressed for those who ask for one.
  const coding = request.headers.range === undefined ? codingFor(request, entry, type, stored) : "identity";
  const validators = { etag: entityTag(entry, coding), modified };

  setHeaders(response, {
    ...contentHeaders(context.embeddable),
    "accept-ranges": "bytes",
    "cache-control": "no-cache",
    etag: validators.etag,
    ...(modified === undefined ? {} : { "last-modified": new Date(modified * 1000).toUTCString() }),
    vary: "Accept-Encoding",
    "content-type": contentTypeOf(entry.path),
    ...(download ? { "content-disposition": dispositionOf(entry.path) } : {}),
  });
  const verdict = evaluateConditions(request.headers, validators);
  if (verdict !== "proceed") {
    for (const name of ["content-type", "content-disposition"]) response.removeHeader(name);
    response.writeHead(verdict === "failed" ? 412 : 304).end();
    return;
  }
  const range =
    request.method === "GET" && rangeApplies(request.headers, validators)
      ? parseRange(request.headers.range, entry.size)
      : ({ kind: "whole" } as const);
  if (range.kind === "unsatisfiable") {
    response.removeHeader("content-type");
    response.writeHead(416, { "content-range": `bytes */${String(entry.size)}`, "content-length": 0 }).end();
    return;
  }
  if (coding !== "identity" && range.kind === "whole") {
    const sent = await answerEncoded(context, asked, coding);
    if (sent) return;
    response.setHeader("etag", entityTag(entry, "identity"));
  }
  const { start, end } = range.kind === "part" ? range : { start: 0, end: entry.size };
  const headers = {
    "content-length": end - start,
    ...(range.kind === "part"
      ? { "content-range": `bytes ${String(start)}-${String(end - 1)}/${String(entry.size)}` }
      : {}),
  };
  const status = range.kind === "part" ? 206 : 200;
  if (request.method === "HEAD") {
    response.writeHead(status, headers).end();
    return;
  }
  const content = await openContent(archive, entry, { start, end }, signal);
  response.writeHead(status, headers);
  await sendBody(response, content, stallMs);
}

/** False when it turned out that the file cannot be sent so; nothing has been sent then. */
async function answerEncoded(
  { archive, stored, stallMs }: FileContext,
  { request, response, entry, signal }: FileRequest,
  coding: "gzip" | "zstd",
): Promise<boolean> {
  const isHead = request.method === "HEAD";
  if (coding === "zstd") {
    const frames = isHead ? [] : await stored.open(entry, signal);
    if (frames === undefined) return false;
    response.writeHead(200, { "content-encoding": "zstd", "content-length": entry.storedSize });
    if (isHead) response.end();
    else await sendBody(response, frames, stallMs);
    return true;
  }
  if (isHead) {
    response.writeHead(200, { "content-encoding": "gzip" }).end();
    return true;
  }
  const content = await openContent(archive, entry, { start: 0, end: entry.size }, signal);
  response.writeHead(200, { "content-encoding": "gzip" });
  // Whatever fails before the compressor reaches the end of its iterable, which then throws instead of ending.
  const source = Readable.from(content, { objectMode: false });
  const gzip = createGzip({ level: 4 });
  source.on("error", (error) => gzip.destroy(error));
  try {
    await sendBody(response, source.pipe(gzip), stallMs);
  } finally {
    source.destroy();
    gzip.destroy();
  }
  return true;
}

function codingFor(
  { headers }: IncomingMessage,
  entry: Entry,
  type: string,
  stored: StoredZstd,
): ContentCoding {
  const accepted = headers["accept-encoding"]?.toString();
  if (accepts(accepted, "zstd") && stored.suits(entry)) return "zstd";
  return entry.size >= minGzipBytes && isText(type) && accepts(accepted, "gzip") ? "gzip" : "identity";
}

/** The hash names the bytes; compressed ones depend on who compressed them, so their tags are weak. */
function entityTag({ hash }: Entry, coding: ContentCoding): string {
  const hex = Buffer.from(hash).toString("hex");
  return coding === "identity" ? `"${hex}"` : `W/"${hex}-${coding}"`;
}

/** RFC 6266: the name in ASCII for old clients, and in full. */
function dispositionOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/gu, "_");
  const full = encodeURIComponent(name).replaceAll(
    /['()*]/gu,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${full}`;
}

function setHeaders(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}
