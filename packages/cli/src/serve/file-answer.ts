import type { IncomingMessage, ServerResponse } from "node:http";
import type { Entry } from "@blob/format";
import type { FileResponder } from "@blob/format/handler";
import { attachment } from "./content-disposition.js";
import { sendBody } from "./send-body.js";

export interface FileAnswer {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly entry: Entry;
  /** Ask browsers to save the file instead of showing it. */
  readonly download: boolean;
  readonly signal: AbortSignal;
  readonly stallMs: number;
}

/** Answers a GET or HEAD with a file, or with a part of it. */
export async function answerWithFile(respond: FileResponder, asked: FileAnswer): Promise<void> {
  const { request, response, entry, download, signal, stallMs } = asked;
  const { status, headers, body } = await respond(
    { method: request.method ?? "", headers: headersOf(request), signal },
    entry,
    {
      headers: download
        ? { "content-disposition": attachment(entry.path.slice(entry.path.lastIndexOf("/") + 1)) }
        : {},
    },
  );
  response.setHeaders(headers);
  response.writeHead(status);
  if (body === null) response.end();
  else await sendBody(response, body, stallMs);
}

function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return headers;
}
