import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { once } from "node:events";
import path from "node:path";
import { createLayoutRegistry } from "@blob/registry";
import { createRegistryServer } from "@blob/registry/server";
import { listenError } from "../../errors/listen-error.js";
import { UsageError } from "../../errors/usage-error.js";
import type { Session } from "../../session/session.js";

export interface RegistryServeFlags {
  readonly dir: string;
  readonly port: number;
  readonly listen: string;
  readonly allowedHost?: readonly string[];
}

/** Serves OCI layouts below a directory as a registry, until the command is told to stop. */
export async function serveRegistry({ output, signal }: Session, flags: RegistryServeFlags): Promise<void> {
  const { dir, port, listen, allowedHost } = flags;
  signal.throwIfAborted();
  await checkWritable(dir);
  // No repository has such a name: none starts with a dot.
  const uploadDirectory = path.join(dir, ".uploads");
  const registry = createRegistryServer(createLayoutRegistry(dir), {
    uploadDirectory,
    allowedHosts: allowedHost,
  });
  const server = await registry.listen({ port, host: listen }).catch((error: unknown) => {
    throw listenError(error, flags);
  });
  try {
    await output.result({ url: server.url, host: server.host, directory: dir }, () => [
      `Serving ${dir} at ${server.url}`,
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
