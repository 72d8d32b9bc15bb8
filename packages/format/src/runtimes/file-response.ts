import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";

/** What an answer came to. */
export interface SentBody {
  status: number;
  /** As far as it was sent. */
  bytes: number;
}

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
};

/** Answers with a file or with one range of it (RFC 9110, section 14), and writes down what was sent. */
export async function sendFile(
  file: string,
  request: IncomingMessage,
  response: ServerResponse,
  sent: SentBody,
): Promise<void> {
  const stats = await stat(file).catch(() => undefined);
  if (stats?.isFile() !== true) {
    response.writeHead(404).end();
    return;
  }
  const { size } = stats;
  const etag = `"${size}-${stats.mtimeMs}-${stats.ino}"`;
  const condition = request.headers["if-range"];
  // Section 13.1.5: a condition that does not hold asks for the whole.
  const header = condition === undefined || condition === etag ? request.headers.range : undefined;
  const range = parseRange(header, size);
  response.setHeader("accept-ranges", "bytes");
  response.setHeader("etag", etag);
  response.setHeader("content-type", contentTypes[extname(file)] ?? "application/octet-stream");
  if (range === "unsatisfiable") {
    sent.status = 416;
    response.writeHead(416, { "content-range": `bytes */${size}` }).end();
    return;
  }
  const { first, last } = range ?? { first: 0, last: size - 1 };
  if (range !== undefined) response.setHeader("content-range", `bytes ${first}-${last}/${size}`);
  response.setHeader("content-length", last - first + 1);
  sent.status = range === undefined ? 200 : 206;
  response.writeHead(sent.status);
  if (last < first) {
    response.end();
    return;
  }
  await pipeline(createReadStream(file, { start: first, end: last }), count(sent), response);
}

function count(sent: SentBody): (chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer, void, undefined> {
  return async function* counted(chunks) {
    for await (const chunk of chunks) {
      sent.bytes += chunk.length;
      yield chunk;
    }
  };
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Several ranges, and units other than bytes, are ignored: the whole is the answer to them. */
function parseRange(header: string | undefined, size: number): Range | "unsatisfiable" | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/u.exec(header ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first > last ? "unsatisfiable" : { first, last };
}
