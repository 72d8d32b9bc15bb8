import type { Digest, Registry } from "@blob/registry";
import { isDigest, parseReference } from "@blob/registry";
import { ClientError } from "./errors.js";

/** Where an archive is: a repository of a registry, or an OCI layout on disk, and which archive there. */
export interface Location {
  /** The host of a registry, or the directory of a layout. */
  readonly place:
    { readonly kind: "registry"; readonly host: string } | { readonly kind: "layout"; readonly path: string };
  /** Empty for an OCI layout, which holds one repository without a name. */
  readonly repository: string;
  /** `latest` when the text has neither tag nor digest. */
  readonly tag: string | undefined;
  /** Which manifest is meant; when there is a tag too, the digest decides. */
  readonly digest: Digest | undefined;
  /** As the caller wrote it, for messages. */
  readonly text: string;
}

/** The two files of an archive on disk. */
export interface LocalArchiveFiles {
  /** Path of the index, `index.blob` when `createArchiveFiles` wrote it. */
  readonly index: string;
  /** Path of the data, `data.blob` when `createArchiveFiles` wrote it. */
  readonly data: string;
}

/**
 * Where an archive can be read: `host/repository[:tag][@digest]`, `oci:PATH[:tag][@digest]`, `file:DIRECTORY` for the two
 * files that `createArchiveFiles` wrote there, or these files themselves.
 */
export type ArchivePlace = string | LocalArchiveFiles;

const layoutPrefix = "oci:";
const localPrefix = "file:";

/** The directory or the two files of a local archive; undefined for a place in a registry or layout. */
export function localArchiveOf(place: ArchivePlace): string | LocalArchiveFiles | undefined {
  if (typeof place !== "string") return place;
  return place.startsWith(localPrefix) ? place.slice(localPrefix.length) : undefined;
}

/** A place as messages name it. */
export function textOf(place: ArchivePlace): string {
  return typeof place === "string" ? place : `${localPrefix}${place.index}`;
}

/**
 * The tag at the end of an `oci:` location: what follows the last colon, if it has the form of a tag. Otherwise the
 * colon is part of the path.
 */
const layoutTag = /^(?<path>.+):(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127})$/su;

/**
 * Parses `host[:port]/repository[:tag][@digest]`, or `oci:PATH[:tag][@digest]` for an OCI image layout on disk.
 *
 * @throws ClientError `InvalidReference`, or the same code of `@blob/registry`.
 * @example
 * ```ts
 * const { place, repository, tag } = parseLocation("ghcr.io/acme/site:v1");
 * if (place.kind === "registry") console.log(place.host, repository, tag); // ghcr.io acme/site v1
 * ```
 */
export function parseLocation(text: string): Location {
  if (text.startsWith(layoutPrefix)) return parseLayoutLocation(text);
  if (text.startsWith(localPrefix)) {
    const message = `${text}: a local archive is in no repository, so that it has no tag, manifest or signature; push it first`;
    throw new ClientError("InvalidReference", message, { reference: text });
  }
  const { host, repository, tag, digest } = parseReference(text);
  return { place: { kind: "registry", host }, repository, ...withDefaultTag(tag, digest), text };
}

/** The tag or digest to ask the registry for. */
export function referenceOf({ tag, digest }: Location): string {
  return digest ?? tag ?? "latest";
}

/** The whole reference of a manifest that was found there: `host/repository:tag@digest`, `oci:/path:tag@digest`. */
export function fullReference({ id }: Registry, { repository, tag }: Location, digest: Digest): string {
  const name = repository === "" ? id : `${id}/${repository}`;
  return `${name}${tag === undefined ? "" : `:${tag}`}@${digest}`;
}

/** The reference of a manifest in the same repository. */
export function textOfDigest({ place, repository }: Location, digest: Digest): string {
  return place.kind === "layout" ? `oci:${place.path}@${digest}` : `${place.host}/${repository}@${digest}`;
}

/** Whether the text names a tag, as opposed to `latest` having been assumed. */
export function isTagWritten({ tag, text }: Location): boolean {
  return tag !== undefined && text.endsWith(`:${tag}`);
}

/** The tag that a verb writes to. A location with only a digest is refused: digests follow from the content. */
export function writableTag(location: Location): string {
  if (location.digest !== undefined || location.tag === undefined) {
    const message = `${location.text}: give a tag to write to, not a digest (the digest follows from the content)`;
    throw new ClientError("InvalidReference", message, { reference: location.text });
  }
  return location.tag;
}

function parseLayoutLocation(text: string): Location {
  const rest = text.slice(layoutPrefix.length);
  const at = rest.lastIndexOf("@");
  const suffix = rest.slice(at + 1);
  const digest = at >= 0 && isDigest(suffix) ? suffix : undefined;
  if (at >= 0 && digest === undefined && /^sha\d+:/u.test(suffix)) {
    throw invalidLayout(text, `"${suffix}" is not a digest`);
  }
  const beforeDigest = digest === undefined ? rest : rest.slice(0, at);
  const tagged = layoutTag.exec(beforeDigest)?.groups;
  const path = tagged?.["path"] ?? beforeDigest;
  if (path === "" || path.startsWith(":")) throw invalidLayout(text, "there is no path");
  // Line breaks and control characters would make the path look like something else in messages and in rules.
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(path)) {
    throw invalidLayout(text, "a path with control characters or line breaks is not read");
  }
  if (path.endsWith(":")) throw invalidLayout(text, "there is no tag after the colon");
  return {
    place: { kind: "layout", path },
    repository: "",
    ...withDefaultTag(tagged?.["tag"], digest),
    text,
  };
}

function withDefaultTag(
  tag: string | undefined,
  digest: Digest | undefined,
): Pick<Location, "tag" | "digest"> {
  return { tag: tag ?? (digest === undefined ? "latest" : undefined), digest };
}

function invalidLayout(text: string, why: string): ClientError {
  const message = `${text}: ${why}; an OCI layout is named oci:PATH, oci:PATH:tag or oci:PATH@digest`;
  return new ClientError("InvalidReference", message, { reference: text });
}
