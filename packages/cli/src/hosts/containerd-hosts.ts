import path from "node:path";
import type { HostOptions } from "@blob/client";
import type { HttpMirrorOptions, TlsOptions } from "@blob/registry";
import { readText, readTextIfThere } from "./read-file.js";
import { isTable, parseToml, textsOf } from "./toml.js";
import type { Table } from "./toml.js";
import { splitPlace } from "./mirror-place.js";
import { HostFileError } from "./host-file-error.js";

/** What a `hosts.toml` says, and which. */
export interface FoundHosts {
  readonly file: string;
  readonly options: HostOptions;
  /** Mirrors that cannot be asked, and why. */
  readonly leftOut: readonly string[];
}

/**
 * What containerd would ask for a registry: `HOST/hosts.toml`, `HOST_PORT_/hosts.toml` or `_default/hosts.toml` below a
 * directory. Mirrors with the capability `pull` are read by digest, those of which it is said that they `resolve` by tag, too.
 * `server`, when it is another one, is asked last of them.
 *
 * @throws HostFileError
 */
export function containerdHosts(host: string, directories: readonly string[]): FoundHosts | undefined {
  const names = [host, host.replace(/:(\d+)$/u, "_$1_"), "_default"];
  for (const directory of directories) {
    for (const name of new Set(names)) {
      const file = path.join(directory, name, "hosts.toml");
      const text = readTextIfThere(file);
      if (text === undefined) continue;
      const leftOut: string[] = [];
      return { file, options: optionsOf(host, parseToml(text, file), file, leftOut), leftOut };
    }
  }
  return undefined;
}

function optionsOf(host: string, content: Table, file: string, leftOut: string[]): HostOptions {
  const hosts = isTable(content["host"]) ? Object.entries(content["host"]) : [];
  const mirrors: HttpMirrorOptions[] = [];
  let own: TlsOptions = tlsOf(content, file);
  for (const [url, table] of hosts) {
    if (!isTable(table)) continue;
    const mirror = orLeftOut(leftOut, () => mirrorOf(url, table, host, file));
    // The registry itself may stand there with its certificates.
    if (mirror?.host === host) own = { ...own, ...mirror.tls };
    else if (mirror !== undefined) mirrors.push(mirror);
  }
  const { server } = content;
  if (typeof server === "string" && server !== "") {
    const place = orLeftOut(leftOut, () => splitPlace(server, file));
    if (place === undefined) return { mirrors };
    const isSame = place.host === host || (host === "docker.io" && place.host === "registry-1.docker.io");
    if (!isSame) mirrors.push({ ...place, namespace: host, tls: own });
  }
  return { mirrors, ...(Object.keys(own).length === 0 ? {} : { tls: own }) };
}

/** What cannot be used of another tool's file keeps nobody from the registry itself. */
function orLeftOut<T>(leftOut: string[], make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof HostFileError)) throw error;
    leftOut.push(error.message);
    return undefined;
  }
}

function mirrorOf(url: string, table: Table, host: string, file: string): HttpMirrorOptions | undefined {
  const isAll = table["capabilities"] === undefined;
  const capabilities = textsOf(table["capabilities"]);
  const digests = isAll || capabilities.includes("pull");
  const tags = capabilities.includes("resolve");
  if (!digests && !tags) return undefined;
  const place = splitPlace(url, file, table["override_path"] === true);
  return { ...place, digests, tags, namespace: host, tls: tlsOf(table, file) };
}

function tlsOf(table: Table, file: string): TlsOptions {
  const read = (name: string): string => readText(path.resolve(path.dirname(file), name));
  const ca = textsOf(table["ca"]).map(read).join("\n");
  const client: readonly unknown[] = Array.isArray(table["client"])
    ? (table["client"] as readonly unknown[])
    : [table["client"]];
  const [first] = client;
  const [cert, key] = Array.isArray(first) ? textsOf(first) : textsOf(client);
  if (cert !== undefined && key === undefined && client.length === 1 && !Array.isArray(first)) {
    const both = read(cert);
    if (!both.includes("PRIVATE KEY")) throw new HostFileError(file, `client ${cert} has no key`);
    return tlsWith(ca, table, { cert: both, key: both });
  }
  const pair =
    cert === undefined || key === undefined || key === "" ? undefined : { cert: read(cert), key: read(key) };
  return tlsWith(ca, table, pair);
}

function tlsWith(ca: string, table: Table, certificate: TlsOptions["certificate"]): TlsOptions {
  return {
    ...(ca === "" ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(table["skip_verify"] === true ? { insecure: true } : {}),
  };
}
