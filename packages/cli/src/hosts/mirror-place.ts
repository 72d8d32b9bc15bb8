import type { HttpMirrorOptions } from "@blob/registry";
import { HostFileError } from "./host-file-error.js";

/** Where a mirror is. */
export type MirrorPlace = Pick<HttpMirrorOptions, "host" | "prefix" | "plainHttp">;

/**
 * `host`, `host:port/prefix` or a URL. A path in front of `/v2` is refused: no registry of ours is asked there.
 *
 * @param source Who said so, for errors.
 * @param overridesPath The path has `/v2` in it already.
 * @throws HostFileError
 */
export function splitPlace(text: string, source: string, overridesPath = false): MirrorPlace {
  const isUrl = /^https?:\/\//u.test(text);
  const url = URL.canParse(isUrl ? text : `https://${text}`)
    ? new URL(isUrl ? text : `https://${text}`)
    : undefined;
  if (url === undefined || url.username !== "" || url.password !== "" || url.search !== "") {
    throw new HostFileError(
      source,
      `a mirror is written host, host:port/prefix or https://host, and not ${JSON.stringify(text.replace(/\/\/.*@/u, "//…@"))}`,
    );
  }
  const path = url.pathname.replace(/^\/+|\/+$/gu, "");
  const prefix = overridesPath || isUrl ? path.replace(/^v2(?:\/|$)/u, "") : path;
  const isBelow = isUrl && path !== "" && path !== "v2" && !(overridesPath && path.startsWith("v2/"));
  if (isBelow) {
    throw new HostFileError(
      source,
      `the mirror ${text} has a path that does not begin with /v2/ under override_path: it cannot be asked`,
    );
  }
  return {
    host: url.host,
    ...(prefix === "" ? {} : { prefix }),
    ...(isUrl ? { plainHttp: url.protocol === "http:" } : {}),
  };
}
