import type { Client, ClientOptions } from "@blob/client";
import { createClient } from "@blob/client";
import type { Run } from "../settings/run.js";
import { cacheOptionsOf } from "./cache-options.js";
import { credentialsOf } from "./credentials.js";
import { namedHosts } from "./named-hosts.js";

/**
 * The client of a run. It imports what it uses by name: with that the bundle knows what has to be loaded for it.
 *
 * @param references All that the command named by now, and will have named when a credential is looked for.
 */
export async function composeClient(
  run: Run,
  references: ReadonlySet<string>,
  http: ClientOptions["http"],
): Promise<Client> {
  const credentials = await credentialsOf(run, () => namedHosts(references));
  return createClient({
    credentials,
    plainHttp: run.settings.plainHttp.value,
    http,
    ...cacheOptionsOf(run),
  });
}
