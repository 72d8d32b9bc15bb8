import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Archive, ZstdDecoder } from "@blob/format";
import { createFileResponder, urlPathOf } from "@blob/format/handler";
import { nodeSha256 } from "@blob/format/node";
import type { RequestGuard } from "@blob/registry/server";
import { contentTypeOf } from "./content-type.js";
import { renderDirectory } from "./directory-page.js";
import { answerWithFile } from "./file-answer.js";
import { renderFile } from "./file-page.js";
import { gzip } from "./gzip.js";
import { markup } from "./markup.js";
import { answerWithDirectory, isDownloadFormat } from "./directory-download.js";
import { createLister, listFound } from "./listing.js";
import { plainList } from "./plain-list.js";
import type { Page } from "./page.js";
import { renderPage } from "./page.js";
import { renderPreview } from "./preview.js";
import type { PreviewRenderer } from "./preview-renderer.js";
import { createReadSlots } from "./read-slots.js";
import type { RequestTarget } from "./request-target.js";
import { parseRequestTarget } from "./request-target.js";
import type { ServedSubject } from "./served-subject.js";
import { commonHeaders, contentHeaders, refusalHeaders } from "./security-headers.js";
import { ClientGone, sendBody } from "./send-body.js";

export interface ArchiveListenerOptions {
  readonly archive: Archive;
  readonly subject: ServedSubject;
  /** Checks what is passed on compressed. */
  readonly zstd: ZstdDecoder;
  /** Who is not answered. */
  readonly guard: RequestGuard;
  /** Serve a directory's `index.html` instead of a list. */
  readonly index: boolean;
  readonly previews: PreviewRenderer;
  readonly maxReads: number;
  readonly stallMs: number;
  /** One request was answered, or broke off. */
  readonly onRequest: (request: {
    method: string;
    target: string;
    status: number;
    broke: Error | undefined;
  }) => void;
}

const maxDownloads = 4;

const plainText = { "content-type": "text/plain; charset=utf-8" };

/** Browsers say that they take pages; programs, such as `curl`, take anything. */
function wantsPage({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes("text/html") === true;
}

/** Answers HTTP requests with an archive's files and with pages about them. Read-only: GET and HEAD. */
export function createArchiveListener(options: ArchiveListenerOptions): RequestListener {
  const { archive, subject, index, stallMs } = options;
  const list = createLister(archive);
  const slots = createReadSlots(options.maxReads);
  // They take long: beside them, pages and files go on.
  const downloads = createReadSlots(maxDownloads);
  const respond = createFileResponder(archive, {
    zstd: options.zstd,
    sha256: nodeSha256,
    contentType: contentTypeOf,
    // With --index, documents of the archive use files of it.
    headers: contentHeaders(index),
    gzip,
  });

  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
    const refusal = options.guard(request);
    if (refusal !== undefined) {
      // Not a page: nothing of the archive is for whoever asks so.
      response.writeHead(refusal.status, { ...refusalHeaders, ...plainText });
      response.end(request.method === "HEAD" ? undefined : `${refusal.message}\n`);
      return;
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", "GET, HEAD");
      return sendProblem(request, response, 405, "This server only reads: GET and HEAD.");
    }
    const target = parseRequestTarget(request.url ?? "");
    if (target === undefined) return sendProblem(request, response, 400, "This is not the path of a file.");
    const isDownload = target.hasSlash && isDownloadFormat(target.query.get("download"));
    const release = await (isDownload ? downloads : slots).take(signal);
    try {
      await answerTarget(request, response, target, signal);
    } finally {
      release();
    }
  }

  async function answerTarget(
    request: IncomingMessage,
    response: ServerResponse,
    target: RequestTarget,
    signal: AbortSignal,
  ): Promise<void> {
    const { path, hasSlash, query } = target;
    const entry = archive.entry(path);
    if (entry !== undefined && !hasSlash) {
      if (query.has("preview")) {
        const preview = await renderPreview(archive, entry, options.previews, signal);
        return sendPage(request, response, renderFile(subject, entry, preview));
      }
      const download = query.has("download");
      return answerWithFile(respond, { request, response, entry, download, signal, stallMs });
    }
    if (entry === undefined && !archive.isDirectory(path)) {
      return sendProblem(request, response, 404, "The archive has no such file or directory.");
    }
    if (entry !== undefined || !hasSlash) {
      // Links of documents ask for previews of what they do not know to be a directory.
      if (entry === undefined) query.delete("preview");
      const search = query.size === 0 ? "" : `?${query.toString()}`;
      const location = urlPathOf(path, entry === undefined ? "directory" : "file") + search;
      response.writeHead(308, { location, "content-length": 0 }).end();
      return;
    }
    const indexFile = index ? archive.entry(path === "" ? "index.html" : `${path}/index.html`) : undefined;
    if (indexFile !== undefined && query.size === 0) {
      const file = { entry: indexFile, download: false };
      return answerWithFile(respond, { request, response, ...file, signal, stallMs });
    }
    const format = query.get("download");
    if (isDownloadFormat(format)) {
      const { zstd } = options;
      const parts = { archive, subject, path, format, zstd, headers: contentHeaders(false), stallMs, signal };
      return answerWithDirectory(request, response, parts);
    }
    const filter = (query.get("q") ?? "").slice(0, 200);
    const deep = query.has("deep");
    response.setHeader("vary", "Accept");
    if (!wantsPage(request)) {
      response.writeHead(200, { ...refusalHeaders, ...plainText, "cache-control": "no-cache" });
      const lines = plainList(archive, list, { path, filter, deep }, signal);
      return sendBody(response, request.method === "HEAD" ? [] : lines, stallMs);
    }
    const page = /^\d{1,7}$/u.test(query.get("page") ?? "") ? Number(query.get("page")) : 1;
    const listing = await (deep
      ? listFound(archive, path, { filter, page }, signal)
      : list(path, { filter, page }, signal));
    return sendPage(request, response, renderDirectory({ archive, subject, path, filter, deep, listing }));
  }

  function sendPage(
    request: IncomingMessage,
    response: ServerResponse,
    page: Page,
    status = 200,
  ): Promise<void> {
    const body = Buffer.from(page.body);
    response.writeHead(status, { ...page.headers, "content-length": body.length });
    if (request.method !== "HEAD") return sendBody(response, [body], stallMs);
    response.end();
    return Promise.resolve();
  }

  function sendProblem(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    message: string,
  ): Promise<void> {
    if (!wantsPage(request)) {
      response.writeHead(status, { ...refusalHeaders, ...plainText });
      response.end(request.method === "HEAD" ? undefined : `${message}\n`);
      return Promise.resolve();
    }
    const content = markup`<div class="title"><h1>${message}</h1></div>
      <p><a href="/">Go to the top of the archive</a></p>`;
    return sendPage(request, response, renderPage({ subject, content }), status);
  }

  return (request, response) => {
    const gone = new AbortController();
    response.on("close", () => gone.abort(new ClientGone()));
    const { method = "", url: target = "" } = request;
    const finish = (broke: Error | undefined): void => {
      options.onRequest({ method, target, status: response.statusCode, broke });
    };
    answer(request, response, gone.signal).then(
      () => finish(undefined),
      async (error: unknown) => {
        if (gone.signal.aborted || response.headersSent) response.destroy();
        else {
          for (const name of response.getHeaderNames()) {
            if (!(name in commonHeaders)) response.removeHeader(name);
          }
          // What went wrong is for whoever runs the server: it may name hosts and paths that are nobody else's business.
          await sendProblem(request, response, 502, "The file could not be read, or is damaged.").catch(() =>
            response.destroy(),
          );
        }
        finish(error instanceof Error ? error : new Error(String(error)));
      },
    );
  };
}
