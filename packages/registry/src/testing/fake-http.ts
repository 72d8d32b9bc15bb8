import type { Handler, HttpRequest, HttpResponse } from "../http/layers/handler.js";
import type { RetryClock } from "../http/layers/retry.js";

export interface FakeReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A transport that answers from a list, and remembers what it was asked. The last answer is repeated. */
export function fakeTransport(...replies: readonly (FakeReply | Error)[]): {
  readonly handle: Handler;
  readonly requests: HttpRequest[];
} {
  const requests: HttpRequest[] = [];
  const handle: Handler = async (request) => {
    requests.push(request);
    const reply = replies[Math.min(requests.length, replies.length) - 1];
    if (reply === undefined) throw new Error("no answer prepared");
    if (reply instanceof Error) throw reply;
    return responseOf(reply, request.url);
  };
  return { handle, requests };
}

function responseOf({ status, headers = {}, body = "" }: FakeReply, url: URL): HttpResponse {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(body);
  }
  return { status, headers, url, body: bytes(), cancel: () => {} };
}

/** Time that passes only when somebody sleeps. */
export function fakeClock(random: number = 0): RetryClock & { readonly sleeps: number[] } {
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => sleeps.reduce((sum, ms) => sum + ms, 0),
    random: () => random,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      sleeps.push(ms);
    },
  };
}
