import { realpathSync } from "node:fs";
import path from "node:path";
import { ClientError, parseLocation } from "@blob/client";
import { formatReference, parseReference } from "@blob/registry";

interface CanonicalReferenceOptions {
  /** Which port is the default one, and left out: 80, else 443. Default false. */
  readonly plainHttp?: boolean | undefined;
}

/**
 * The one spelling of all those that open the same place, which is what rules are asked about. A registry's host as a
 * URL parser reads it, in lower case, without a dot at the end or the default port, an IPv4 address that is mapped into
 * IPv6 as itself, Docker Hub as `docker.io`; the repository, tag and digest in full. A layout or local archive has its
 * absolute path, with links resolved as far as it exists: percent signs stand for themselves. Names are not looked up:
 * `localhost` and `127.0.0.1` are two places.
 *
 * @throws ClientError or RegistryError `InvalidReference` for what no command could read, and for control characters.
 */
export function canonicalReference(reference: string, options: CanonicalReferenceOptions = {}): string {
  refuseControlCharacters(reference);
  if (reference.startsWith("file:")) return `file:${realPath(reference.slice("file:".length))}`;
  const { place, repository, tag, digest } = parseLocation(reference);
  const suffix = `${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
  if (place.kind === "layout") return `oci:${realPath(place.path)}${suffix}`;
  const host = withoutPort(withoutMapping(place.host), options.plainHttp === true ? "80" : "443");
  // Once more: without its port a host may be one of Docker Hub's names.
  return formatReference(parseReference(`${host}/${repository}${suffix}`));
}

/** The absolute path of what a path leads to: links are resolved as far as there is anything. */
export function realPath(written: string): string {
  // As the file system sees it only after `..` is taken away: whoever opens it joins names to it in the same way.
  const absolute = path.resolve(written);
  const missing: string[] = [];
  for (let existing = absolute; ; existing = path.dirname(existing)) {
    try {
      return path.join(realpathSync.native(existing), ...missing);
    } catch {
      if (path.dirname(existing) === existing) return absolute;
      missing.unshift(path.basename(existing));
    }
  }
}

/** A dot in an expression fits no line break, so that one in a path would lead past a rule. */
function refuseControlCharacters(reference: string): void {
  if (!/[\p{Cc}\p{Zl}\p{Zp}]/u.test(reference)) return;
  const message = `${JSON.stringify(reference)}: a reference has no control characters or line breaks`;
  throw new ClientError("InvalidReference", message, { reference });
}

function withoutMapping(host: string): string {
  return host.replace(
    /^\[::ffff:(?<high>[0-9a-f]{1,4}):(?<low>[0-9a-f]{1,4})\]/u,
    (_, high: string, low: string) =>
      [high, low]
        .map((group) => Number.parseInt(group, 16))
        .flatMap((group) => [group >> 8, group & 0xff])
        .join("."),
  );
}

function withoutPort(host: string, port: string): string {
  return host.endsWith(`:${port}`) ? host.slice(0, -port.length - 1) : host;
}
