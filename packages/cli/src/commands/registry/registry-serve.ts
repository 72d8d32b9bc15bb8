import { once } from "node:events";
import path from "node:path";
import { createLayoutRegistry, createMemoryRegistry } from "@blob/registry";
import { createRegistryServer } from "@blob/registry/server";
import type { ListenFlags } from "../../command-line/listen-address.js";
import { listenAddress } from "../../command-line/listen-address.js";
import type { Session } from "../../session/session.js";

export interface RegistryServeFlags extends ListenFlags {
  /** Undefined: in memory. */
  readonly dir?: string;
  readonly allowedHost?: readonly string[];
}

/** Serves a registry, of OCI layouts below a directory or in memory, until the command is told to stop. */
export async function serveRegistry({ output, signal }: Session, flags: RegistryServeFlags): Promise<void> {
  const { dir, allowedHost } = flags;
  signal.throwIfAborted();
  const registry = dir === undefined ? createMemoryRegistry() : createLayoutRegistry(dir);
  const server = await createRegistryServer(registry, {
    // No repository has such a name: none starts with a dot.
    uploadDirectory: dir === undefined ? undefined : path.join(dir, ".uploads"),
    allowedHosts: allowedHost,
    repositories: (options) => registry.repositories(options),
  }).listen(listenAddress(flags, 5000));
  try {
    await output.result({ url: server.url, host: server.host, directory: dir }, () => [
      dir === undefined
        ? `Serving at ${server.url}, in memory: it forgets everything when it ends`
        : `Serving ${dir} at ${server.url}`,
      `Push with: blob push --plain-http ${server.host}/NAME:TAG DIR`,
    ]);
    // Being told to stop is how a server ends: no error.
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    await server.close();
  }
}
