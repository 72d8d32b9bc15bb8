import type { Archive } from "../archive.js";
import { openingSteps } from "./archive-reader.js";
import type { OpenOptions } from "./archive-reader.js";
import type { SignalOptions } from "../sources/byte-source.js";
import { FormatError } from "../errors.js";
import { inTurns } from "../index-codec/steps.js";
import { sourceOfSize } from "../sources/http-byte-source.js";
import { accessTo, body, discard, parseUrl, refused, request } from "../sources/http-request.js";
import type { HttpAccess, HttpRequestOptions } from "../sources/http-request.js";
import { defaultDataName, defaultIndexName } from "../media-types.js";
import { resolveLimits } from "./read-limits.js";

/** Where an archive's parts are: the URL of a folder with `index.blob` and `data.blob`, or the URLs of both. */
export type HttpArchiveLocation =
  URL | string | { readonly index: URL | string; readonly data: URL | string };

/** Options of {@link openHttpArchive}. The signal ends opening only, not later reads. */
export type OpenHttpArchiveOptions = OpenOptions & HttpRequestOptions & SignalOptions;

/**
 * Opens an archive on any server that answers range requests, by one request: for the index, which says how large the data
 * is. Each file that is read is one more. A query of the URL is sent for both parts. In a page, a server of another origin
 * has to expose the headers `Content-Range` and `ETag`.
 *
 * `NotFound` and `Http` when the server refuses, `Network` when it cannot be reached; the errors of `openArchive` for what the index says; later reads
 * throw `SourceMismatch` when the data is not the index's, or is replaced meanwhile. `InvalidArgument` for what is no
 * absolute URL.
 *
 * @example
 * ```ts
 * const archive = await openHttpArchive("https://example.org/site/");
 * const config = await archive.readFile("config.json", "utf8");
 * ```
 */
export async function openHttpArchive(
  location: HttpArchiveLocation,
  options: OpenHttpArchiveOptions = {},
): Promise<Archive> {
  const { headers, fetch, signal, ...open } = options;
  const { index, data } = partsAt(location);
  const dataAccess = accessTo(data, { headers, fetch });
  const bytes = await readIndex(
    accessTo(index, { headers, fetch }),
    resolveLimits(open.limits).maxIndexBytes,
    signal,
  );
  const steps = openingSteps(bytes, open, ({ dataSize, dataHash }) =>
    sourceOfSize(dataAccess, dataSize, dataHash && `${dataAccess.name}#${hexOf(dataHash)}`),
  );
  return inTurns(steps, signal);
}

function partsAt(location: HttpArchiveLocation): {
  readonly index: URL | string;
  readonly data: URL | string;
} {
  if (typeof location === "object" && !(location instanceof URL)) return location;
  const below = (name: string): URL => {
    const url = parseUrl(location);
    url.pathname = `${url.pathname.replace(/\/$/, "")}/${name}`;
    return url;
  };
  return { index: below(defaultIndexName), data: below(defaultDataName) };
}

async function readIndex(
  access: HttpAccess,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const response = await request(access, undefined, signal);
  if (response.status !== 200) {
    await discard(response);
    throw refused(access, response);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Counted as they arrive: the size that a server announces need not be true.
  for await (const chunk of body(access, response, signal)) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new FormatError(
        "SizeExceeded",
        `${access.name} has more than the ${maxBytes} bytes that an index may have; raise limits.maxIndexBytes to open it`,
      );
    }
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
