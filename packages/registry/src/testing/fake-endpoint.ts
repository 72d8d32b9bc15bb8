import type { Endpoint } from "../http/layers/endpoint.js";
import { createEndpoint } from "../http/layers/endpoint.js";
import type { Handler, HttpRequest, HttpResponse } from "../http/layers/handler.js";
import { createRetryPolicy } from "../http/layers/retry.js";
import type { FakeReply } from "./fake-http.js";
import { fakeClock } from "./fake-http.js";

/** An answer, and where it came from after redirects. */
export interface PlacedReply extends FakeReply {
  /** Instead of `body`: what comes at a time, and how it ends if not well. */
  readonly pieces?: readonly (Uint8Array | Error)[];
  readonly from?: { readonly url: string; readonly redirected: NonNullable<HttpResponse["redirected"]> };
}

export interface FakeEndpoint {
  readonly endpoint: Endpoint;
  readonly requests: readonly HttpRequest[];
  readonly sleeps: readonly number[];
  /** Whether each answer was `read` to its end, `stopped` before, or `cancelled`, in the order in which that happened. */
  readonly left: readonly string[];
}

/** `https://registry.example.com`, which answers from a list: the last answer is repeated. */
export function fakeEndpoint(...replies: readonly PlacedReply[]): FakeEndpoint {
  const requests: HttpRequest[] = [];
  const left: string[] = [];
  const clock = fakeClock();
  const send: Handler = async (request) => {
    requests.push(request);
    const at = Math.min(requests.length, replies.length);
    const reply = replies[at - 1];
    if (reply === undefined || requests.length > 20) throw new Error("no answer prepared");
    const { status, headers = {}, body = "", pieces = [Buffer.from(body)], from } = reply;
    async function* bytes(): AsyncGenerator<Uint8Array> {
      let isRead = false;
      try {
        for (const piece of pieces) {
          if (piece instanceof Error) throw piece;
          yield piece;
        }
        isRead = true;
      } finally {
        left.push(`${isRead ? "read" : "stopped"} ${at}`);
      }
    }
    return {
      status,
      headers,
      body: bytes(),
      cancel: () => void left.push(`cancelled ${at}`),
      url: from === undefined ? request.url : new URL(from.url),
      ...(from === undefined ? {} : { redirected: from.redirected }),
    };
  };
  const retryPolicy = createRetryPolicy({ clock });
  const options = { origin: () => "https://registry.example.com", send, retryPolicy };
  return { endpoint: createEndpoint("registry.example.com", options), requests, left, sleeps: clock.sleeps };
}
