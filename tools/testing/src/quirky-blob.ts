import type { IncomingMessage, ServerResponse } from "node:http";
import { once } from "node:events";
import type { Registry } from "@blob/registry";
import { isDigest } from "@blob/registry";
import type { Quirks } from "./quirks.js";

export interface QuirkyExchange {
  readonly registry: Registry;
  readonly quirks: Quirks;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** GET of a blob, by hand: with every way in which its headers and its body may be wrong. */
export async function serveQuirkyBlob(
  exchange: QuirkyExchange,
  repository: string,
  digest: string,
): Promise<void> {
  const { registry, quirks, request, response } = exchange;
  const size = isDigest(digest) ? await registry.statBlob(repository, digest) : undefined;
  if (size === undefined || !isDigest(digest)) {
    const body = '{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry"}]}';
    response.writeHead(404, { "content-type": "application/json" }).end(body);
    return;
  }
  const match = /^bytes=(\d+)-(\d+)$/u.exec(request.headers.range ?? "");
  const isRange = match !== null && quirks.ignoreRange !== true;
  const start = isRange ? Number(match[1]) : 0;
  const end = isRange ? Math.min(size, Number(match[2]) + 1) : size;
  if (isRange && start >= size) {
    response.writeHead(416, { "content-range": `bytes */${size}` }).end();
    return;
  }
  const contentRange = quirks.contentRange ?? `bytes ${start}-${end - 1}/${size}`;
  response.writeHead(isRange && quirks.rangeAs200 !== true ? 206 : 200, {
    "content-type": "application/octet-stream",
    ...(quirks.noDigestHeader === true ? {} : { "docker-content-digest": digest }),
    ...(quirks.shortChunkedBody === undefined ? { "content-length": end - start } : {}),
    ...(isRange && contentRange !== "" ? { "content-range": contentRange } : {}),
  });
  const range = { offset: start, length: end - start };
  try {
    await sendBody(exchange, registry.readBlob(repository, { digest, size }, { range }));
  } catch {
    response.destroy();
  }
}

async function sendBody(
  { quirks, response }: QuirkyExchange,
  bytes: AsyncIterable<Uint8Array>,
): Promise<void> {
  const mayBreak = quirks.breakTimes === undefined || quirks.breakTimes > 0;
  const breakAfter = mayBreak ? quirks.breakBodyAfter : undefined;
  const limit = breakAfter ?? quirks.shortChunkedBody ?? Number.POSITIVE_INFINITY;
  let sent = 0;
  for await (const chunk of bytes) {
    const wanted = chunk.subarray(0, Math.max(0, limit - sent));
    const step = quirks.oneByteAtATime === true ? 1 : Math.max(1, wanted.length);
    for (let at = 0; at < wanted.length; at += step) {
      if (response.destroyed) return;
      if (!response.write(wanted.subarray(at, at + step))) await once(response, "drain");
      // Each write a packet of its own.
      if (step === 1) await new Promise(setImmediate);
    }
    sent += wanted.length;
    if (wanted.length < chunk.length) break;
  }
  if (breakAfter === undefined || sent < breakAfter) {
    response.end();
    return;
  }
  if (quirks.breakTimes !== undefined) quirks.breakTimes -= 1;
  // The bytes so far are to arrive before the connection breaks.
  await new Promise(setImmediate);
  response.socket?.end();
}
