import { once } from "node:events";
import { loadZstdDecoder } from "@blob/format/node";
import { isRegistryError } from "@blob/registry";
import { startArchiveServer } from "../../serve/archive-server.js";
import type { ListenFlags } from "../../command-line/listen-address.js";
import { listenAddress } from "../../command-line/listen-address.js";
import { signerText } from "../../output/signer-text.js";
import type { Session } from "../../session/session.js";
import { listenError } from "../../errors/listen-error.js";

export interface ServeFlags extends ListenFlags {
  readonly allowedHost?: readonly string[];
  readonly index?: boolean;
}

/** Serves an archive over HTTP, read-only, until the command is told to stop. */
export async function serve(session: Session, reference: string, flags: ServeFlags): Promise<void> {
  const { output, signal } = session;
  const { host, port } = listenAddress(flags, 8080);
  const { archive, resolved, manifest, evidence } = await session.open(reference);
  const decoder = await loadZstdDecoder();
  signal.throwIfAborted();
  const server = await startArchiveServer({
    archive,
    subject: {
      reference,
      digest: manifest?.descriptor.digest,
      signers: [...new Set(evidence.map(signerText))],
    },
    zstd: decoder,
    port,
    listen: host,
    allowedHosts: flags.allowedHost,
    index: flags.index === true,
    onRequest: ({ method, target, status, broke }) => {
      const why = broke === undefined ? "" : `: ${broke.message}`;
      output.detail(`${method} ${target} ${String(status)}${why}`);
    },
  }).catch((error: unknown) => {
    if (isRegistryError(error)) throw error;
    throw listenError(error, { host, port });
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
