import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { once } from "node:events";
import path from "node:path";
import { createLayoutRegistry, createMemoryRegistry } from "@blob/registry";
import { createRegistryServer } from "@blob/registry/server";
import type { ListenFlags } from "../../command-line/listen-address.js";
import { listenAddress } from "../../command-line/listen-address.js";
import { listenError } from "../../errors/listen-error.js";
import { UsageError } from "../../errors/usage-error.js";
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
  const where = listenAddress(flags, 5000);
  if (dir !== undefined) await checkWritable(dir);
  const registry = dir === undefined ? createMemoryRegistry() : createLayoutRegistry(dir);
  const served = createRegistryServer(registry, {
    // No repository has such a name: none starts with a dot.
    uploadDirectory: dir === undefined ? undefined : path.join(dir, ".uploads"),
    allowedHosts: allowedHost,
    repositories: (options) => registry.repositories(options),
  });
  const server = await served.listen(where).catch((error: unknown) => {
    throw listenError(error, where);
  });
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

/** Before anybody pushes to it, and is told that the server has trouble. */
async function checkWritable(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--dir ${directory}: nothing can be written there: ${why}`, { cause: error });
  }
}
