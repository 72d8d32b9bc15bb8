import { createServer } from "node:http";
import { createRequestGuard } from "@blob/registry/server";
import type { ArchiveListenerOptions } from "./archive-listener.js";
import { createArchiveListener } from "./archive-listener.js";
import type { PreviewRendererOptions } from "./preview-renderer.js";
import { createPreviewRenderer } from "./preview-renderer.js";

export interface ArchiveServerOptions extends Pick<
  ArchiveListenerOptions,
  "archive" | "subject" | "zstd" | "index" | "onRequest"
> {
  /** 0 for any free one. */
  readonly port: number;
  readonly listen: string;
  /** Names that it answers to besides those of the loopback interface and the address that a connection arrives at. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** The thread that renders previews. */
  readonly previews?: PreviewRendererOptions | undefined;
  /** After how many milliseconds a client that takes nothing is given up. Default 30,000. */
  readonly stallMs?: number;
}

export interface ArchiveServer {
  /** With a slash at the end. */
  readonly url: string;
  /** Breaks what is under way. */
  close(): Promise<void>;
}

/** Each holds at most one small file in memory, or a decoder's window. */
const maxReads = 32;
const maxConnections = 256;

/** Serves an archive over HTTP until it is closed. */
export async function startArchiveServer(options: ArchiveServerOptions): Promise<ArchiveServer> {
  const { port, listen, index, stallMs = 30_000 } = options;
  const previews = createPreviewRenderer(options.previews);
  const listener = createArchiveListener({
    ...options,
    previews,
    stallMs,
    maxReads,
    // Documents of an archive are in a sandbox, which makes them another site than their own pictures and styles.
    guard: createRequestGuard({
      allowedHosts: options.allowedHosts,
      otherSites: index ? "reading" : "links",
    }),
  });
  const server = createServer(
    {
      headersTimeout: stallMs,
      requestTimeout: stallMs,
      keepAliveTimeout: 5000,
      connectionsCheckingInterval: Math.min(stallMs, 5000),
      maxHeaderSize: 64 * 1024,
    },
    listener,
  );
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, listen, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${String(address.port)}/`,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await previews.close();
    },
  };
}
