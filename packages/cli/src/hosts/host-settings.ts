import path from "node:path";
import type { HttpMirrorOptions, TlsOptions } from "@blob/registry";
import type { LoadedConfig, RegistryConfig } from "../config/config.js";
import type { Io } from "../io.js";
import { certificatesOf } from "./certificates.js";
import type { FindHostSettings, HostSettings } from "./find-settings.js";
import { haveToml, hostFiles } from "./host-files.js";
import type { HostFiles } from "./host-files.js";
import { splitPlace } from "./mirror-place.js";
import { readText } from "./read-file.js";

/**
 * From the configuration's `registries`, then `hosts.toml` of containerd, then `registries.conf` of podman: the first of these
 * that names mirrors counts. Authorities add up, and also come from the certificates of docker and podman.
 */
export async function createHostSettings(
  { env, homeDirectory }: Pick<Io, "env" | "homeDirectory">,
  { config, file = "the configuration" }: LoadedConfig,
  files: HostFiles = hostFiles({ env, homeDirectory }),
): Promise<FindHostSettings> {
  const others = haveToml(files) ? (await import("./other-tools.js")).settingsOfOtherTools(files) : undefined;
  const known = new Map<string, HostSettings>();
  function find(host: string): HostSettings {
    const own = config.registries?.[host];
    const layers: HostSettings[] = own === undefined ? [] : [configured(host, own, file)];
    layers.push(...(others?.(host) ?? []));
    const certificates = certificatesOf(host, files.certificates);
    if (certificates !== undefined)
      layers.push({ options: { tls: certificates.tls }, sources: [certificates.directory] });
    return joined(layers);
  }
  return (host) => {
    const found = known.get(host) ?? find(host);
    known.set(host, found);
    return found;
  };
}

function joined(layers: readonly HostSettings[]): HostSettings {
  const options = layers.map((layer) => layer.options);
  const tls = options.flatMap((one) => (one.tls === undefined ? [] : [one.tls]));
  const ca = tls.flatMap((one) => (one.ca === undefined ? [] : [one.ca])).join("\n");
  const certificate = tls.find((one) => one.certificate !== undefined)?.certificate;
  const insecure = tls.find((one) => one.insecure !== undefined)?.insecure;
  const mirrors = options.find((one) => one.mirrors !== undefined && one.mirrors.length > 0)?.mirrors;
  const plainHttp = options.find((one) => one.plainHttp !== undefined)?.plainHttp;
  const blocked = options.find((one) => one.blocked !== undefined)?.blocked;
  const all: TlsOptions = {
    ...(ca === "" ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(insecure === undefined ? {} : { insecure }),
  };
  return {
    options: {
      ...(Object.keys(all).length === 0 ? {} : { tls: all }),
      ...(mirrors === undefined ? {} : { mirrors }),
      ...(plainHttp === undefined ? {} : { plainHttp }),
      ...(blocked === undefined ? {} : { blocked }),
    },
    sources: layers.flatMap((layer) => layer.sources),
  };
}

function configured(host: string, own: RegistryConfig, file: string): HostSettings {
  const source = `${file}: registries.${host}`;
  const near = (name: string): string => readText(path.resolve(path.dirname(file), name));
  const mirrors = own.mirrors?.map((text): HttpMirrorOptions => ({
    ...splitPlace(text, source),
    tags: own.mirror_tags === true,
  }));
  const tls: TlsOptions = {
    ...(own.ca_file === undefined ? {} : { ca: near(own.ca_file) }),
    ...(own.insecure === undefined ? {} : { insecure: own.insecure }),
    ...(own.client_cert === undefined || own.client_key === undefined
      ? {}
      : { certificate: { cert: near(own.client_cert), key: near(own.client_key) } }),
  };
  return {
    options: {
      ...(own.plain_http === undefined ? {} : { plainHttp: own.plain_http }),
      ...(mirrors === undefined ? {} : { mirrors }),
      ...(Object.keys(tls).length === 0 ? {} : { tls }),
    },
    sources: [source],
  };
}
