import { once } from "node:events";
import { loadZstdDecoder } from "@blob/format/node";
import { isRegistryError } from "@blob/registry";
import { startArchiveServer } from "../../serve/archive-server.js";
import type { Session } from "../../session/session.js";
import { listenError } from "../../errors/listen-error.js";

export interface ServeFlags {
  readonly port: number;
  readonly listen: string;
  readonly allowedHost?: readonly string[];
  readonly index?: boolean;
}

/** Serves an archive over HTTP, read-only, until the command is told to stop. */
export async function serve(session: Session, reference: string, flags: ServeFlags): Promise<void> {
  const { output, signal } = session;
  const { archive, resolved } = await session.open(reference);
  const decoder = await loadZstdDecoder();
  signal.throwIfAborted();
  const server = await startArchiveServer({
    archive,
    reference,
    zstd: decoder,
    port: flags.port,
    listen: flags.listen,
    allowedHosts: flags.allowedHost,
    index: flags.index === true,
    onRequest: ({ method, target, status, broke }) => {
      const why = broke === undefined ? "" : `: ${broke.message}`;
      output.detail(`${method} ${target} ${String(status)}${why}`);
    },
  }).catch((error: unknown) => {
    if (isRegistryError(error)) throw error;
    throw listenError(error, flags);
  });
  try {
    await output.result({ ref: reference, resolved_ref: resolved, url: server.url }, () => [
      `Serving ${reference} at ${server.url}`,
    ]);
    // Being told to stop is how a server ends: no error.
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    await server.close();
  }
}
