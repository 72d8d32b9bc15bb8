import { readdirSync } from "node:fs";
import path from "node:path";
import type { HostOptions } from "@blob/client";
import type { HttpMirrorOptions } from "@blob/registry";
import { HostFileError } from "./host-file-error.js";
import type { HostFiles } from "./host-files.js";
import { splitPlace } from "./mirror-place.js";
import { readText, readTextIfThere } from "./read-file.js";
import { isTable, parseToml } from "./toml.js";
import type { Table } from "./toml.js";

/** What is said about repositories whose names begin with `prefix`. */
export interface PodmanRegistry {
  readonly file: string;
  /** `host`, or `host/namespace`; `*.host` for all hosts below one. */
  readonly prefix: string;
  readonly table: Table;
}

/**
 * What `registries.conf` (version 2) and its drop-ins say, of which later ones replace earlier ones with the same prefix.
 *
 * @throws HostFileError
 */
export function readPodmanRegistries({ files, dropIns }: HostFiles["podman"]): readonly PodmanRegistry[] {
  const found = new Map<string, PodmanRegistry>();
  const take = (file: string, text: string): void => {
    const tables: unknown = parseToml(text, file)["registry"];
    for (const table of Array.isArray(tables) ? (tables as readonly unknown[]) : []) {
      if (!isTable(table)) continue;
      const prefix = table["prefix"] ?? table["location"];
      if (typeof prefix !== "string" || prefix === "") {
        throw new HostFileError(file, "a [[registry]] has neither prefix nor location");
      }
      found.set(prefix, { file, prefix, table });
    }
  };
  for (const file of files) {
    const text = readTextIfThere(file);
    if (text === undefined) continue;
    take(file, text);
    break;
  }
  for (const directory of dropIns) {
    for (const name of namesIn(directory)) {
      const file = path.join(directory, name);
      take(file, readText(file));
    }
  }
  return [...found.values()];
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(".conf"))
      .toSorted();
  } catch {
    return [];
  }
}

/** What of that is about a host. The longest prefix of a repository's name counts, as there. */
export function podmanOptions(
  host: string,
  registries: readonly PodmanRegistry[],
): { readonly files: readonly string[]; readonly options: HostOptions } | undefined {
  const own = registries.filter(({ prefix }) => isAbout(prefix, host));
  if (own.length === 0) return undefined;
  const bestFor = (repository: string): PodmanRegistry | undefined =>
    own
      .filter((one) => restOf(one.prefix, host, repository) !== undefined)
      .toSorted((a, b) => b.prefix.length - a.prefix.length)[0];
  const whole = own.find(({ prefix }) => prefix === host);
  const mirrors = own.flatMap((one) =>
    mirrorsOf(one).map((mirror) => ({
      ...mirror,
      repository: (name: string): string | undefined => {
        if (bestFor(name) !== one) return undefined;
        const rest = restOf(one.prefix, host, name);
        if (rest === undefined) return undefined;
        return [mirror.prefix ?? "", rest].filter((part) => part !== "").join("/");
      },
    })),
  );
  return {
    files: [...new Set(own.map(({ file }) => file))],
    options: {
      mirrors,
      ...(whole?.table["insecure"] === true ? { tls: { insecure: true } } : {}),
      blocked: (repository) => {
        const best = bestFor(repository);
        return best?.table["blocked"] === true
          ? `${host}/${repository} is blocked by ${best.file}`
          : undefined;
      },
    },
  };
}

function mirrorsOf({ file, prefix, table }: PodmanRegistry): readonly HttpMirrorOptions[] {
  const byDigestOnly = table["mirror-by-digest-only"] === true;
  const tables = Array.isArray(table["mirror"]) ? (table["mirror"] as readonly unknown[]) : [];
  const mirrors = tables.filter(isTable).map((mirror): HttpMirrorOptions => {
    const { location, insecure, "pull-from-mirror": pull } = mirror;
    if (typeof location !== "string") throw new HostFileError(file, `a mirror of ${prefix} has no location`);
    return {
      ...splitPlace(location, file),
      digests: pull !== "tag-only",
      tags: !byDigestOnly && (pull === "all" || pull === "tag-only"),
      ...(insecure === true ? { tls: { insecure: true } } : {}),
    };
  });
  const { location, insecure } = table;
  if (typeof location !== "string" || location === prefix || location === "") return mirrors;
  // It moved: who asks for the prefix means the location.
  const tls = insecure === true ? { tls: { insecure: true } } : {};
  return [...mirrors, { ...splitPlace(location, file), tags: true, ...tls }];
}

function isAbout(prefix: string, host: string): boolean {
  const [name = ""] = prefix.split("/", 1);
  return name.startsWith("*.") ? host.endsWith(name.slice(1)) : name === host;
}

/** What of a repository's name is after the prefix; undefined for one that is not below it. */
function restOf(prefix: string, host: string, repository: string): string | undefined {
  if (!isAbout(prefix, host)) return undefined;
  const namespace = prefix.split("/").slice(1).join("/");
  if (namespace === "") return repository;
  if (repository === namespace) return "";
  return repository.startsWith(`${namespace}/`) ? repository.slice(namespace.length + 1) : undefined;
}
