import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import type { TlsOptions } from "@blob/registry";
import { HostFileError } from "./host-file-error.js";
import { readText } from "./read-file.js";

/** What was found for a registry, and where. */
export interface FoundCertificates {
  readonly directory: string;
  readonly tls: TlsOptions;
}

/**
 * What docker and podman trust for one registry: every `*.crt` in its directory is an authority, and `NAME.cert` with
 * `NAME.key` is who we are. The first directory that has one for the registry counts.
 *
 * @throws HostFileError for a file that cannot be read, and for half of a pair.
 */
export function certificatesOf(host: string, directories: readonly string[]): FoundCertificates | undefined {
  for (const parent of directories) {
    const directory = path.join(parent, host);
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) continue;
    return { directory, tls: readDirectory(directory) };
  }
  return undefined;
}

function readDirectory(directory: string): TlsOptions {
  let names: readonly string[];
  try {
    names = readdirSync(directory).toSorted();
  } catch (error) {
    throw new HostFileError(directory, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  const ca = names
    .filter((name) => name.endsWith(".crt"))
    .map((name) => readText(path.join(directory, name)))
    .join("\n");
  const cert = names.find((name) => name.endsWith(".cert"));
  const key = cert?.replace(/\.cert$/u, ".key");
  if (cert !== undefined && key !== undefined && !names.includes(key)) {
    throw new HostFileError(path.join(directory, cert), `there is no ${key} beside it, which has its key`);
  }
  return {
    ...(ca === "" ? {} : { ca }),
    ...(cert === undefined || key === undefined
      ? {}
      : {
          certificate: {
            cert: readText(path.join(directory, cert)),
            key: readText(path.join(directory, key)),
          },
        }),
  };
}
