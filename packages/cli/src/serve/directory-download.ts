import type { ServerResponse } from "node:http";
import type { Archive, ZstdDecoder } from "@blob/format";
import { nodeSha256, toZip } from "@blob/format/node";
import { toTar } from "@blob/format/tar";
import { attachment } from "./content-disposition.js";
import { sendBody } from "./send-body.js";
import type { ServedSubject } from "./served-subject.js";

/** A directory as one file. */
export type DownloadFormat = "tar" | "zip";

const contentTypes: Readonly<Record<DownloadFormat, string>> = {
  tar: "application/x-tar",
  zip: "application/zip",
};

export function isDownloadFormat(text: string | null): text is DownloadFormat {
  return text === "tar" || text === "zip";
}

export interface DownloadParts {
  readonly archive: Archive;
  readonly subject: ServedSubject;
  readonly path: string;
  readonly format: DownloadFormat;
  readonly zstd: ZstdDecoder;
  readonly headers: Readonly<Record<string, string>>;
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/**
 * Answers with a directory as a tar or zip, made while it is sent: each file is verified before its last byte goes out, and
 * the connection breaks when one is not what the index promises.
 */
export async function answerWithDirectory(
  request: { readonly method?: string | undefined },
  response: ServerResponse,
  { archive, subject, path, format, zstd, headers, stallMs, signal }: DownloadParts,
): Promise<void> {
  response.writeHead(200, {
    ...headers,
    "content-type": contentTypes[format],
    "content-disposition": attachment(`${nameOf(subject, path)}.${format}`),
    "cache-control": "no-cache",
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  const options = { directory: path, strip: true, zstd, sha256: nodeSha256, signal };
  await sendBody(response, format === "tar" ? toTar(archive, options) : toZip(archive, options), stallMs);
}

/** The directory's name; for the whole archive that of its repository. */
function nameOf({ reference }: ServedSubject, path: string): string {
  const repository = reference.replace(/(?:@[^/]*|:[^/:]*)$/u, "");
  const from = path === "" ? repository.replace(/\/+$/u, "") : path;
  return from.slice(from.search(/[^/\\:]*$/u)) || "archive";
}
