/**
 * What a path on a registry's own origin is to an upload: the place of one of its sessions; some other part of a
 * registry's API; or neither.
 */
export type UploadPlace = "session" | "api" | "elsewhere";

/**
 * Where registries keep sessions outside of their API, each with one identifier at its end. Google Artifact Registry and
 * Container Registry answer `/artifacts-uploads/namespaces/PROJECT/repositories/REPOSITORY/uploads/ID`, and want the token.
 */
const sessionsElsewhere: readonly RegExp[] = [
  /^\/artifacts-uploads\/namespaces\/[^/]+\/repositories\/[^/]+\/uploads\/[^/]+$/u,
];

/**
 * The only segments between a repository and the identifier of a session: `uploads` in the specification, `upload` at GHCR.
 * Registries behind a proxy that takes a prefix away (distribution's `http.prefix`) may name it.
 */
const sessionTail = /^\/blobs\/uploads?\/[^/]+\/?$/u;

/**
 * Judges the `Location` of an upload to a repository. A registry could else lead what is sent with its credentials to
 * another repository or to a manifest, because it is mistaken, or because whoever pushes there may choose it.
 */
export function uploadPlace(pathname: string, repository: string): UploadPlace {
  const segments = pathname.split("/").slice(1);
  const isPlain = segments.every((segment, at) => isPlainSegment(segment, at === segments.length - 1));
  // By what any server could make of it: decoded once, empty segments left out.
  const read = decodedOften(pathname).split(/[/\\]+/u);
  const api = read.findIndex((segment) => segment.toLowerCase() === "v2");
  if (api < 0) {
    const isKnown = isPlain && sessionsElsewhere.some((pattern) => pattern.test(pathname));
    return isKnown ? "session" : "elsewhere";
  }
  if (!isPlain) return "api";
  const rest = `/${segments.slice(segments.indexOf("v2") + 1).join("/")}`;
  const start = `/${repository}`;
  const isOwn = rest.startsWith(`${start}/`) && sessionTail.test(rest.slice(start.length));
  return isOwn ? "session" : "api";
}

/** Whether all servers read a segment as the same one: not as two, as a parent, or as none. */
function isPlainSegment(segment: string, isLast: boolean): boolean {
  if (segment === "") return isLast;
  const text = decoded(segment);
  return text !== undefined && text !== "." && text !== ".." && !/[/\\%;\p{Cc}]/u.test(text);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Some proxies decode before they hand on to a server that decodes. */
function decodedOften(text: string): string {
  let last = text;
  for (let times = 0; times < 3; times += 1) last = decoded(last) ?? last;
  return last;
}
