import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ArchiveHandler } from "@blob/format/handler";
import type { Request as ExpressRequest, RequestHandler, Response as ExpressResponse } from "express";

/** A handler of web requests as one of Express. What it does not find is left to the handlers behind it. */
export function expressHandler(handle: ArchiveHandler): RequestHandler {
  return async (request, response, next) => {
    if (!request.originalUrl.startsWith("/")) {
      next();
      return;
    }
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    try {
      const answer = await handle({
        // What is asked for decides, not which host it is asked of.
        url: `http://localhost${request.originalUrl}`,
        method: request.method,
        headers: headersOf(request),
        signal: gone.signal,
      });
      if (answer.status === 404) next();
      else await send(answer, response);
    } catch (error) {
      // Whoever left is told nothing; a body that broke off has broken the connection already.
      if (!gone.signal.aborted && !response.headersSent) next(error);
    }
  };
}

async function send({ status, headers, body }: Response, response: ExpressResponse): Promise<void> {
  response.status(status).setHeaders(headers);
  if (body === null) response.end();
  else await pipeline(Readable.fromWeb(body), response);
}

function headersOf({ headersDistinct }: ExpressRequest): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return headers;
}
