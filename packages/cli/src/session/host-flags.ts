import type { HostOptions } from "@blob/client";
import type { Run } from "../settings/run.js";
import { saidPlainHttp } from "../settings/settings.js";

/** How one registry is reached, as files say it, and then as the flags and the environment of this run do. */
export function withFlags(
  options: HostOptions,
  { flags, settings }: Pick<Run, "flags" | "settings">,
): HostOptions {
  const { plainHttp } = settings;
  // A flag or variable says more than a file does about one registry; the general key of the configuration says less.
  const isSaid = plainHttp.source === "--plain-http" || plainHttp.source === "BLOB_PLAIN_HTTP";
  return {
    ...options,
    ...(flags.insecure && { tls: { ...options.tls, insecure: true } }),
    plainHttp: isSaid ? plainHttp.value : (options.plainHttp ?? saidPlainHttp(settings)),
  };
}
