import type { IncomingMessage, ServerResponse } from "node:http";
import type { Quirks } from "./quirks.js";

/** What stands in front of a test registry: passwords, tokens, signed links, and failures on request. */
export interface Gate {
  /** Whether it answered by itself. */
  answers(request: IncomingMessage, response: ServerResponse, quirks: Quirks): boolean;
  /** `uses`: how often it may be used. */
  newLink(storage: string, repository: string, digest: string, uses?: number): string;
  /** Whether a link is still good; counts the use. */
  useLink(path: string): boolean;
}

interface Token {
  readonly scopes: readonly string[];
  usesLeft: number;
}

export function createGate(): Gate {
  const tokens = new Map<string, Token>();
  const linkUses = new Map<string, number>();
  let counter = 0;

  function isAuthorized(request: IncomingMessage, url: URL, quirks: Quirks): boolean {
    const header = request.headers.authorization ?? "";
    const { basicAuth, tokenAuth } = quirks;
    if (basicAuth !== undefined && header !== basic(basicAuth.username, basicAuth.password)) return false;
    if (tokenAuth === undefined) return true;
    const token = tokens.get(header.replace(/^Bearer /u, ""));
    if (token === undefined || token.usesLeft <= 0) return false;
    token.usesLeft -= 1;
    return neededScopes(request.method ?? "", url).every((needed) => token.scopes.includes(needed));
  }

  function challenge(request: IncomingMessage, response: ServerResponse, url: URL, quirks: Quirks): void {
    const scope = groupScopes(neededScopes(request.method ?? "", url));
    const header =
      quirks.tokenAuth === undefined
        ? 'Basic realm="test"'
        : `Bearer realm="http://${request.headers.host ?? ""}/token",service="test"${scope === "" ? "" : `,scope="${scope}"`}`;
    const body = '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}';
    answer(response, quirks.challengeStatus ?? 401, body, { "www-authenticate": header });
    request.resume();
  }

  function giveToken(request: IncomingMessage, response: ServerResponse, url: URL, quirks: Quirks): void {
    const { username, password, uses = Number.POSITIVE_INFINITY } = quirks.tokenAuth ?? {};
    if (username !== undefined && request.headers.authorization !== basic(username, password ?? "")) {
      return answer(response, 401, '{"errors":[{"code":"UNAUTHORIZED","message":"wrong password"}]}');
    }
    counter += 1;
    const token = `token-${counter}-secret`;
    const scopes = url.searchParams
      .getAll("scope")
      .flatMap((text) => text.split(" "))
      .flatMap(splitScope);
    tokens.set(token, { scopes, usesLeft: uses });
    return answer(response, 200, JSON.stringify({ token, expires_in: 3600 }));
  }

  return {
    answers(request, response, quirks) {
      const url = new URL(request.url ?? "/", "http://registry");
      if (url.pathname === "/token") {
        giveToken(request, response, url, quirks);
        return true;
      }
      const { fail } = quirks;
      if (
        fail !== undefined &&
        fail.times > 0 &&
        (fail.path?.test(`${request.method ?? ""} ${request.url ?? ""}`) ?? true)
      ) {
        fail.times -= 1;
        answer(response, fail.status, fail.body ?? "", fail.headers);
        request.resume();
        return true;
      }
      if (drops(quirks.drop, request)) {
        if (quirks.drop?.when === "before") {
          request.socket.destroy();
          return true;
        }
        response.writeHead = () => {
          request.socket.destroy();
          return response;
        };
      }
      if (!isAuthorized(request, url, quirks)) {
        challenge(request, response, url, quirks);
        return true;
      }
      if (quirks.noReferrersApi === true && url.pathname.includes("/referrers/")) {
        answer(response, 404, "404 page not found");
        return true;
      }
      if (request.method === "HEAD" && quirks.headStatus !== undefined) {
        response.writeHead(quirks.headStatus).end();
        return true;
      }
      const length = Number(request.headers["content-length"] ?? 0);
      const limit = request.method === "PATCH" ? quirks.maxPatchBytes : quirks.maxPutBytes;
      if (url.pathname.includes("/blobs/uploads/") && length > (limit ?? length)) {
        answer(response, 413, "<html>Request Entity Too Large</html>");
        request.resume();
        return true;
      }
      return false;
    },
    newLink(storage, repository, digest, uses = Number.POSITIVE_INFINITY) {
      counter += 1;
      const path = `/${repository}/${digest}?signature=secret-${counter}`;
      linkUses.set(path, uses);
      return storage + path;
    },
    useLink(path) {
      const left = linkUses.get(path) ?? 0;
      linkUses.set(path, left - 1);
      return left > 0;
    },
  };
}

function drops(drop: Quirks["drop"], { method = "", url = "" }: IncomingMessage): boolean {
  if (drop === undefined || drop.times <= 0 || !drop.path.test(`${method} ${url}`)) return false;
  drop.times -= 1;
  return true;
}

function answer(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, { "content-type": "application/json", "content-length": body.length, ...headers })
    .end(body);
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** `repository:name:pull,push` as one scope an action. */
function splitScope(scope: string): string[] {
  const [, prefix = "", actions = ""] = /^(.*):([^:]*)$/u.exec(scope) ?? [];
  return actions.split(",").map((action) => `${prefix}:${action}`);
}

function neededScopes(method: string, url: URL): string[] {
  const [, name] = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//u.exec(url.pathname) ?? [];
  if (name === undefined) return [];
  if (method === "DELETE" && !url.pathname.includes("/uploads/")) return [`repository:${name}:delete`];
  const from = url.searchParams.get("from");
  return [
    `repository:${name}:pull`,
    ...(["GET", "HEAD"].includes(method) ? [] : [`repository:${name}:push`]),
    ...(from === null ? [] : [`repository:${from}:pull`]),
  ];
}

function groupScopes(scopes: readonly string[]): string {
  const actions = new Map<string, string[]>();
  for (const scope of scopes) {
    const [, prefix = "", action = ""] = /^(.*):([^:]*)$/u.exec(scope) ?? [];
    actions.set(prefix, [...(actions.get(prefix) ?? []), action]);
  }
  return [...actions].map(([prefix, all]) => `${prefix}:${all.join(",")}`).join(" ");
}
