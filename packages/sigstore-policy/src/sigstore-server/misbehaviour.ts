import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { CertificateRequest } from "./certificate-authority.js";

/** The services of the test Sigstore, each of which can misbehave by itself. */
export type ServiceName = "fulcio" | "rekorV1" | "rekorV2" | "timestampAuthority" | "oidc";

/** What a service does wrong. Without any field it behaves. */
export interface Misbehaviour {
  /** For so many requests, after which the service behaves. Default: for all. */
  readonly times?: number | undefined;
  /** Answers with this status; nothing is issued or logged. */
  readonly status?: number | undefined;
  /** Of an answer with `status`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The text of an answer with `status`, or, without one, instead of what the service would have said. */
  readonly body?: string | undefined;
  /** Takes the request and never answers. */
  readonly silent?: boolean | undefined;
  /** Takes the request and breaks the connection. */
  readonly reset?: boolean | undefined;
  /** Sends so many spaces after its answer. */
  readonly padding?: number | undefined;
  /** The last word on the text of an answer. */
  readonly alter?: ((answer: string) => string) | undefined;
  /** Fulcio: what is certified instead of what was asked for. */
  readonly certificate?: Partial<CertificateRequest> | undefined;
  /** Rekor: the body that is logged instead of the one that was asked for. */
  readonly logged?: unknown;
  /** Time-stamp authority: what is stamped instead of what was asked for. */
  readonly stamped?: { readonly sha256?: Uint8Array; readonly time?: Date; readonly nonce?: Uint8Array };
}

/** What a service would say. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export const jsonAnswer = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
});

/** Sends what `service` makes of a request, or what its misbehaviour makes of that. */
export async function answer(
  response: ServerResponse,
  wrong: Misbehaviour,
  service: () => Answer | Promise<Answer>,
): Promise<void> {
  if (wrong.silent === true) return;
  if (wrong.reset === true) {
    response.destroy();
    return;
  }
  const { status, headers, body } =
    wrong.status === undefined
      ? await service()
      : { status: wrong.status, headers: wrong.headers, body: wrong.body ?? "" };
  const said = wrong.body ?? body;
  const text = wrong.alter === undefined ? said : wrong.alter(Buffer.from(said).toString());
  response.writeHead(status, headers);
  await pipeline(Readable.from(padded(text, wrong.padding ?? 0)), response);
}

function* padded(text: string | Uint8Array, padding: number): Generator<Uint8Array> {
  const piece = 65_536;
  yield Buffer.from(text);
  for (let left = padding; left > 0; left -= piece) yield Buffer.alloc(Math.min(left, piece), " ");
}
