import { Readable } from "node:stream";
import { fetchProxied } from "../proxied-fetch.js";
import type { BaseFetcher } from "./tuf-js.js";

/** For one file: metadata has kilobytes. */
const timeoutMs = 30_000;

/** Downloads for a TUF updater, which bounds the sizes. No redirect is followed. */
export async function createTufFetcher(options: {
  /** Nothing is asked for at all. */
  readonly offline: boolean;
  readonly signal: AbortSignal | undefined;
}): Promise<BaseFetcher> {
  const { BaseFetcher, DownloadHTTPError } = await import("./tuf-js.js");
  const { offline, signal } = options;
  return new (class extends BaseFetcher {
    override async fetch(url: string): Promise<NodeJS.ReadableStream> {
      if (offline) throw new Error("the network is not to be used");
      const timeout = AbortSignal.timeout(timeoutMs);
      const response = await fetchProxied(url, {
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      if (response.status === 200 && response.body !== null) return Readable.from(response.body);
      await response.body?.cancel();
      throw new DownloadHTTPError(`the mirror answered with status ${response.status}`, response.status);
    }
  })();
}
