import type { IncomingMessage, ServerResponse } from "node:http";
import type { Entry } from "@blob/format";
import type { FileResponder } from "@blob/format/handler";
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
      headers: download ? { "content-disposition": dispositionOf(entry.path) } : {},
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
