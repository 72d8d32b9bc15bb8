import { existsSync } from "node:fs";
import path from "node:path";
import type { Io } from "../io.js";

/** Where the settings of other tools are looked for. */
export interface HostFiles {
  /** Directories with one for each registry, which has `hosts.toml`: the first that has one for it counts. */
  readonly containerd: readonly string[];
  /** The first of these files counts, then those of the directories, by their names. */
  readonly podman: { readonly files: readonly string[]; readonly dropIns: readonly string[] };
  /** Directories with one for each registry, which has certificates: the first that has one for it counts. */
  readonly certificates: readonly string[];
}

/** The places that containerd, nerdctl, podman and docker document, the user's own first. */
export function hostFiles(
  { env, homeDirectory }: Pick<Io, "env" | "homeDirectory">,
  system = "/etc",
): HostFiles {
  const set = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  const config =
    set("XDG_CONFIG_HOME") ?? (homeDirectory === undefined ? undefined : path.join(homeDirectory, ".config"));
  const both = (...names: readonly string[]): string[] => [
    ...(config === undefined ? [] : [path.join(config, ...names)]),
    path.join(system, ...names),
  ];
  const named = set("CONTAINERS_REGISTRIES_CONF");
  return {
    containerd: both("containerd", "certs.d"),
    podman: {
      files: named === undefined ? both("containers", "registries.conf") : [named],
      // As podman has it: a file that is named is all there is.
      dropIns: named === undefined ? both("containers", "registries.conf.d").toReversed() : [],
    },
    certificates: [...both("containers", "certs.d"), path.join(system, "docker", "certs.d")],
  };
}

/** Whether any of them has to be parsed: only then is the parser loaded. */
export function haveToml({ containerd, podman }: HostFiles): boolean {
  return [...containerd, ...podman.files, ...podman.dropIns].some((place) => existsSync(place));
}
