/**
 * What a path on a registry's own origin is for an upload: a session of it, another part of the registry's API, or
 * neither.
 */
export type UploadPlace = "session" | "api" | "elsewhere";

/**
 * Where some registries keep sessions outside of their API, with an identifier at the end. Google Artifact Registry and
 * Container Registry answer `/artifacts-uploads/namespaces/PROJECT/repositories/REPOSITORY/uploads/ID`, and expect the
 * token there.
 */
const sessionsElsewhere: readonly RegExp[] = [
  /^\/artifacts-uploads\/namespaces\/[^/]+\/repositories\/[^/]+\/uploads\/[^/]+$/u,
];

/**
 * What may stand between a repository and the identifier of a session: `uploads` in the specification, `upload` at
 * GHCR. A registry whose proxy strips a prefix (distribution's `http.prefix`) may have that prefix before it.
 */
const sessionTail = /^\/blobs\/uploads?\/[^/]+\/?$/u;

/**
 * Judges the `Location` that a registry gives for an upload. A wrong one, by mistake or by malice, could lead what is
 * sent with its credentials into another repository, or to a manifest.
 */
export function uploadPlace(pathname: string, repository: string): UploadPlace {
  const segments = pathname.split("/").slice(1);
  const isPlain = segments.every((segment, at) => isPlainSegment(segment, at === segments.length - 1));
  // Judged by all that a server could make of it: decoded, and with empty segments left out.
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

/** Whether all servers read a segment in the same way: not as two segments, as a parent, or as nothing. */
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

/** Decodes repeatedly: some proxies decode before they pass a path on to a server that decodes again. */
function decodedOften(text: string): string {
  let last = text;
  for (let times = 0; times < 3; times += 1) last = decoded(last) ?? last;
  return last;
}
