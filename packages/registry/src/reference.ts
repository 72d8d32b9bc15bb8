import type { Digest } from "./descriptor.js";
import { isDigest, parseDigest } from "./digest.js";
import { RegistryError } from "./errors.js";
import { messageText } from "@blob/core/text";

/** A name of something in a registry, by the grammar of distribution-spec 1.1. */
export interface Reference {
  /** `host` or `host:port`, in the spelling of a URL parser; `docker.io` for all names of Docker Hub. */
  readonly host: string;
  /** The repository without the host, such as `acme/site`. */
  readonly repository: string;
  /** The tag without `:`; undefined if none was written. */
  readonly tag: string | undefined;
  /** The digest; undefined if none was written. If there is a tag as well, the digest decides. */
  readonly digest: Digest | undefined;
}

const repositoryPattern =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/u;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/u;
const hostPattern =
  /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?$/u;

/** Many registries store names in columns of this length; distribution refuses longer ones. */
const maxRepositoryLength = 255;

/** All of these mean Docker Hub, whose API answers on another host (see `apiHost`). */
const dockerHub: ReadonlySet<string> = new Set(["docker.io", "index.docker.io", "registry-1.docker.io"]);

/**
 * Whether a text is a repository name, such as `acme/site`. Used as a path below a directory, such a name does not lead
 * out of it.
 */
export function isRepository(text: string): boolean {
  return text.length <= maxRepositoryLength && repositoryPattern.test(text);
}

/** Whether a text is a tag, as distribution-spec 1.1 has it. */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/**
 * Parses `host[:port]/repository[:tag][@digest]`. Names of Docker Hub are brought to one form: `index.docker.io/node`
 * is `docker.io/library/node`. The host is required: `acme/site` could mean Docker Hub or a host `acme`.
 *
 * @example
 * ```ts
 * parseReference("ghcr.io/acme/site:v1"); // { host: "ghcr.io", repository: "acme/site", tag: "v1", … }
 * ```
 * @throws RegistryError `InvalidReference`, which says what is wrong and how it is written.
 */
export function parseReference(text: string): Reference {
  const slash = text.indexOf("/");
  const host = parseHost(text, slash < 0 ? text : text.slice(0, slash), slash < 0);
  let rest = text.slice(slash + 1);
  let digest: Digest | undefined;
  const at = rest.indexOf("@");
  if (at >= 0) {
    const after = rest.slice(at + 1);
    parseDigest(after);
    digest = isDigest(after) ? after : undefined;
    rest = rest.slice(0, at);
  }
  const colon = rest.indexOf(":");
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (tag !== undefined && !isTag(tag)) {
    throw invalid(
      text,
      `"${messageText(tag)}" is not a tag (letters, digits, "_", "." and "-", at most 128, not starting with "." or "-")`,
    );
  }
  const name = colon < 0 ? rest : rest.slice(0, colon);
  const repository = host === "docker.io" && !name.includes("/") ? `library/${name}` : name;
  if (!isRepository(repository))
    throw invalid(text, `"${messageText(name)}" is not a repository name (lower case)`);
  return { host, repository, tag, digest };
}

/** The reference as text that parses to the same parts. */
export function formatReference({ host, repository, tag, digest }: Reference): string {
  return `${host}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** Where a registry's API answers: Docker Hub's is not on `docker.io`. */
export function apiHost(host: string): string {
  return dockerHub.has(host) ? "registry-1.docker.io" : host;
}

function parseHost(text: string, written: string, alone: boolean): string {
  // With a dot at the end it is the same host.
  const host = written.toLowerCase().replace(/\.(?=:\d+$|$)/u, "");
  const looksLikeHost = /[.:[\]]/u.test(host) || host === "localhost";
  if (alone || !looksLikeHost) {
    throw invalid(text, alone ? "there is no repository" : `"${messageText(written)}" is not a host`);
  }
  if (!isHost(host)) throw invalid(text, `"${messageText(written)}" is not a host`);
  const one = oneSpelling(host);
  return dockerHub.has(one) ? "docker.io" : one;
}

/**
 * A host as it is connected to: `127.1` and `0x7f.0.0.1` are `127.0.0.1`. Caches, permissions and refusals by host use
 * this spelling. A port stays, even a default one, since the default depends on the transport.
 */
function oneSpelling(host: string): string {
  const port = /:(?<port>\d+)$/u.exec(host)?.groups?.["port"];
  const { hostname } = new URL(`https://${host}`);
  return port === undefined ? hostname : `${hostname}:${String(Number(port))}`;
}

/** Whether a lower-case text is `host` or `host:port`, an IPv6 address in brackets. */
export function isHost(host: string): boolean {
  return hostPattern.test(host) && URL.canParse(`https://${host}`);
}

function invalid(text: string, why: string): RegistryError {
  const message = `${messageText(text)}: ${why}; a reference reads host/repository:tag or host/repository@digest`;
  return new RegistryError("InvalidReference", message, { reference: text });
}

/** @throws RegistryError `InvalidReference` for what is not a repository name, which could lead anywhere. */
export function checkRepository(repository: string): void {
  if (isRepository(repository)) return;
  const message = `"${messageText(repository)}" is not a repository name (lower-case words, such as acme/site)`;
  throw new RegistryError("InvalidReference", message, { reference: repository });
}

/** @throws RegistryError `InvalidReference` */
export function checkTag(tag: string): void {
  if (isTag(tag)) return;
  throw new RegistryError("InvalidReference", `"${messageText(tag)}" is not a tag`, { reference: tag });
}

/** A tag or a digest. @throws RegistryError `InvalidReference` */
export function parseTagOrDigest(reference: string): { readonly tag: string } | { readonly digest: Digest } {
  if (isDigest(reference)) return { digest: reference };
  if (reference.includes(":")) parseDigest(reference);
  checkTag(reference);
  return { tag: reference };
}

/** `repository:tag` or `repository@digest`, for messages. */
export function nameOf(repository: string, reference: string): string {
  return `${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
}
