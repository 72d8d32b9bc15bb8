import type { Archive } from "../archive.js";
import type { Entry } from "../entry.js";
import { FormatError } from "../errors.js";
import type { FileResponderOptions } from "./file-responder.js";
import { createFileResponder } from "./file-responder.js";
import type { UrlPath } from "./url-path.js";
import { parseUrlPath, urlPathOf } from "./url-path.js";

/** What of a request is looked at. Any `Request` is one. */
export type ArchiveRequest = Pick<Request, "url" | "method" | "headers" | "signal">;

/** What a hook answers: nothing leaves the answer to the handler. */
export type HookAnswer = Response | undefined | Promise<Response | undefined>;

/** Which files are found at which URLs, and how they are sent. */
export interface ArchiveHandlerOptions extends FileResponderOptions {
  /** The path of URLs at which the archive's root is, such as `/docs/`. Default `/`. */
  readonly basePath?: string | undefined;
  /** The file that a directory is shown as. Default `index.html`; false for none. */
  readonly index?: string | false | undefined;
  /** Answer `/about` with `about.html`, when there is no file `about`. Default false. */
  readonly cleanUrls?: boolean | undefined;
  /**
   * Answers for a directory without an index file, such as with a list of what is in it. The path is one for
   * `archive.listDirectory`. Default: 404, and no name of a file is told that nobody asked for.
   */
  readonly onDirectory?: ((request: ArchiveRequest, path: string) => HookAnswer) | undefined;
  /** Answers for a path that the archive does not have, such as with a page that says so. Default: 404, in a line of text. */
  readonly onMissing?: ((request: ArchiveRequest, path: string) => HookAnswer) | undefined;
  /**
   * Told what went wrong: reading an archive (502, or a body that broke off) or in a hook (500). The client is not: it may
   * name hosts and paths. Nothing is told when the client left.
   */
  readonly onError?: ((error: unknown, request: ArchiveRequest) => void) | undefined;
}

/**
 * Answers a request with a file of an archive. Never rejects but with the reason of the request's signal: what goes wrong is
 * an answer with a status.
 */
export type ArchiveHandler = (request: ArchiveRequest) => Promise<Response>;

/**
 * The files of an archive as a web site: `(Request) → Promise<Response>`, for whatever serves such a function (Node with an
 * adapter, Deno, Bun, Hono, a service worker). Files are sent as {@link createFileResponder} has it, verified and without
 * buffering more than 4 MiB of one.
 *
 * GET and HEAD only (405). A directory's URL ends in a slash: without it the answer is a redirect (308), and so it is for a
 * file with one. Paths that are not the one spelling of an archive's path are 400, what is not there is 404.
 *
 * Nobody is asked who they are, and names of hosts are not looked at: that is for the server before it.
 *
 * @example
 * ```ts
 * const handle = createArchiveHandler(archive, { zstd: await loadZstdDecoder(), cleanUrls: true });
 * Deno.serve(handle); // or: app.get("/*", (context) => handle(context.req.raw)) with Hono
 * ```
 * @throws FormatError `InvalidArgument` for a base path that does not begin with a slash, or is no path.
 */
export function createArchiveHandler(archive: Archive, options: ArchiveHandlerOptions = {}): ArchiveHandler {
  const { index = "index.html", cleanUrls = false, onDirectory, onMissing, onError } = options;
  const base = parseBase(options.basePath ?? "/");
  const respond = createFileResponder(archive, options);

  async function sendFile(request: ArchiveRequest, entry: Entry): Promise<Response> {
    try {
      return await respond(request, entry, { onError: (error) => onError?.(error, request) });
    } catch (error) {
      request.signal.throwIfAborted();
      onError?.(error, request);
      return problem(502, "The file could not be read, or is damaged");
    }
  }

  async function missing(request: ArchiveRequest, path: string): Promise<Response> {
    return (await onMissing?.(request, path)) ?? problem(404, "There is no such file");
  }

  async function sendDirectory(request: ArchiveRequest, path: string): Promise<Response> {
    const file = index === false ? undefined : archive.entry(path === "" ? index : `${path}/${index}`);
    if (file !== undefined) return sendFile(request, file);
    return (await onDirectory?.(request, path)) ?? missing(request, path);
  }

  function redirect({ path }: UrlPath, kind: "file" | "directory", search: string): Response {
    const location = `${base}${urlPathOf(path, kind)}${search}`;
    // Kept for good, it would outlive the archive.
    return new Response(null, { status: 308, headers: { ...problemHeaders, location } });
  }

  async function answer(request: ArchiveRequest): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return problem(405, "Only GET and HEAD", { allow: "GET, HEAD" });
    }
    if (!URL.canParse(request.url)) return problem(400, "This is not the path of a file");
    const { pathname, search } = new URL(request.url);
    const isBelow = pathname.startsWith(`${base}/`);
    const target =
      isBelow || pathname === base ? parseUrlPath(pathname.slice(base.length) || "/") : undefined;
    if (target === undefined) {
      return isBelow ? problem(400, "This is not the path of a file") : problem(404, "There is no such file");
    }
    if (!isBelow) return redirect(target, "directory", search);
    const { path, hasSlash } = target;
    const entry = archive.entry(path);
    if (entry !== undefined) return hasSlash ? redirect(target, "file", search) : sendFile(request, entry);
    const page = cleanUrls && !hasSlash ? archive.entry(`${path}.html`) : undefined;
    if (page !== undefined) return sendFile(request, page);
    if (!archive.isDirectory(path)) return missing(request, path);
    return hasSlash ? sendDirectory(request, path) : redirect(target, "directory", search);
  }

  return async (request) => {
    let response: Response;
    try {
      response = await answer(request);
    } catch (error) {
      request.signal.throwIfAborted();
      onError?.(error, request);
      response = problem(500, "The server failed");
    }
    if (request.method !== "HEAD" || response.body === null) return response;
    await response.body.cancel();
    return new Response(null, response);
  };
}

const problemHeaders: Readonly<Record<string, string>> = {
  "cache-control": "no-cache",
  "x-content-type-options": "nosniff",
};

/** In a line of text, which says nothing of what is behind the handler. */
function problem(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { ...problemHeaders, "content-type": "text/plain; charset=utf-8", ...headers },
  });
}

/** Without the slash at its end; `""` for the root. */
function parseBase(basePath: string): string {
  const base = basePath.endsWith("/") ? basePath.slice(0, -1) : basePath;
  if (base === "") return base;
  // As the URL of a request would have it, and as `parseUrlPath` reads it.
  if (parseUrlPath(base) !== undefined && new URL(base, "http://localhost").pathname === base) return base;
  throw new FormatError(
    "InvalidArgument",
    `${JSON.stringify(basePath)} is no path of URLs: begin it with a slash, and encode what has to be`,
  );
}
