import { containerdHosts } from "./containerd-hosts.js";
import type { HostFiles } from "./host-files.js";
import type { HostSettings } from "./find-settings.js";
import { podmanOptions, readPodmanRegistries } from "./podman-registries.js";

/** What containerd and podman say about registries. A file of its own: the parser of TOML is loaded with it. */
export function settingsOfOtherTools(files: HostFiles): (host: string) => readonly HostSettings[] {
  let registries: ReturnType<typeof readPodmanRegistries> | undefined;
  return (host) => {
    registries ??= readPodmanRegistries(files.podman);
    const containerd = containerdHosts(host, files.containerd);
    const podman = podmanOptions(host, registries);
    return [
      ...(containerd === undefined
        ? []
        : [{ options: containerd.options, sources: [containerd.file, ...containerd.leftOut] }]),
      ...(podman === undefined ? [] : [{ options: podman.options, sources: podman.files }]),
    ];
  };
}
