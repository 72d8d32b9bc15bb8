import path from "node:path";
import type { LocalArchive } from "@blob/format/node";
import { createArchiveFiles, loadZstdDecoder, openLocalArchive } from "@blob/format/node";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import type { ArchiveServer } from "../serve/archive-server.js";
import { startArchiveServer } from "../serve/archive-server.js";

export interface ServedArchive {
  readonly server: ArchiveServer;
  readonly archive: LocalArchive;
  /** Has the archive's `data.blob` in `archive`. */
  readonly directory: string;
  /** What was answered so far: method, target, status, and what broke. */
  readonly log: string[];
  close(): Promise<void>;
}

export interface ServedArchiveOptions {
  readonly compression?: "none" | "zstd";
  readonly index?: boolean;
  readonly listen?: string;
  readonly allowedHosts?: readonly string[];
  /** The file of the thread that renders previews, compiled, as threads cannot run sources. Default: none, and texts are plain. */
  readonly previewWorker?: URL;
  readonly stallMs?: number;
  readonly signers?: readonly string[];
}

/** An archive of some files, on disk, behind a server on a loopback port of its own. */
export async function serveArchive(
  tree: Readonly<Record<string, string | Uint8Array>>,
  options: ServedArchiveOptions = {},
): Promise<ServedArchive> {
  const directory = await createTemporaryDirectory();
  await writeTree(path.join(directory.path, "tree"), tree);
  const out = path.join(directory.path, "archive");
  const { compression, index = false, listen = "127.0.0.1" } = options;
  await createArchiveFiles(path.join(directory.path, "tree"), out, { compression, skipCompression: [] });
  const archive = await openLocalArchive(out);
  const decoder = await loadZstdDecoder();
  const log: string[] = [];
  const server = await startArchiveServer({
    archive,
    subject: {
      reference: "registry.example/acme/site:v1",
      digest: `sha256:${"5".repeat(64)}`,
      signers: options.signers ?? [],
    },
    zstd: decoder,
    port: 0,
    listen,
    allowedHosts: options.allowedHosts,
    // However busy the machine is.
    previews: { url: options.previewWorker, timeoutMs: 60_000 },
    index,
    ...(options.stallMs === undefined ? {} : { stallMs: options.stallMs }),
    onRequest: ({ method, target, status, broke }) => {
      log.push([method, target, status, ...(broke === undefined ? [] : [broke.message])].join(" "));
    },
  });
  return {
    server,
    archive,
    directory: directory.path,
    log,
    async close() {
      await server.close();
      await archive.close();
      await directory.remove();
    },
  };
}
