import type { Digest } from "../descriptor.js";
import { isDigest } from "../digest.js";
import { isRepository, isTag } from "../reference.js";

/** A place in the API (distribution-spec 1.1, "Endpoints"). */
export type Route =
  | { readonly kind: "base" }
  | { readonly kind: "catalog" }
  | { readonly kind: "manifest"; readonly repository: string; readonly reference: string }
  | { readonly kind: "blob"; readonly repository: string; readonly digest: Digest }
  | { readonly kind: "uploads"; readonly repository: string }
  | { readonly kind: "upload"; readonly repository: string; readonly id: string }
  | { readonly kind: "tags"; readonly repository: string }
  | { readonly kind: "referrers"; readonly repository: string; readonly digest: Digest };

/** What is wrong with a path, as an error code of the specification. */
export interface RouteProblem {
  readonly kind: "problem";
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const patterns = {
  uploads: /^\/v2\/(?<name>.+)\/blobs\/uploads\/?$/u,
  upload: /^\/v2\/(?<name>.+)\/blobs\/uploads\/(?<rest>[0-9a-f-]{36})$/u,
  blob: /^\/v2\/(?<name>.+)\/blobs\/(?<rest>[^/]+)$/u,
  manifest: /^\/v2\/(?<name>.+)\/manifests\/(?<rest>[^/]+)$/u,
  referrers: /^\/v2\/(?<name>.+)\/referrers\/(?<rest>[^/]+)$/u,
  tags: /^\/v2\/(?<name>.+)\/tags\/list$/u,
} as const;

/** Parses the path of a request. Names are checked here: what comes out is safe to look up. */
export function parseRoute(pathname: string): Route | RouteProblem {
  const path = decode(pathname);
  if (path === undefined || path.length > 1000) return problem(400, "NAME_INVALID", "the path is malformed");
  if (path === "/v2/" || path === "/v2") return { kind: "base" };
  if (path === "/v2/_catalog") return { kind: "catalog" };
  for (const kind of ["uploads", "upload", "blob", "manifest", "referrers", "tags"] as const) {
    const match = patterns[kind].exec(path)?.groups;
    if (match !== undefined) return routeOf(kind, match["name"] ?? "", match["rest"] ?? "");
  }
  return problem(404, "UNSUPPORTED", "there is nothing at this path");
}

function routeOf(kind: keyof typeof patterns, repository: string, rest: string): Route | RouteProblem {
  if (!isRepository(repository)) return problem(400, "NAME_INVALID", "this is not a repository name");
  switch (kind) {
    case "uploads":
    case "tags":
      return { kind, repository };
    case "upload":
      return { kind, repository, id: rest };
    case "manifest":
      if (rest.includes(":") && !isDigest(rest))
        return problem(400, "DIGEST_INVALID", "this is not a digest that is known here");
      if (!isDigest(rest) && !isTag(rest))
        return problem(404, "MANIFEST_UNKNOWN", "this is neither tag nor digest");
      return { kind, repository, reference: rest };
    case "blob":
    case "referrers":
      if (!isDigest(rest)) return problem(400, "DIGEST_INVALID", "this is not a digest that is known here");
      return { kind, repository, digest: rest };
  }
}

function decode(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}

function problem(status: number, code: string, message: string): RouteProblem {
  return { kind: "problem", status, code, message };
}
