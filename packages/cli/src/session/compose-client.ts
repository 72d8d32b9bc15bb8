import type { Client, ClientOptions } from "@blob/client";
import { createClient } from "@blob/client";
import type { FindHostSettings } from "../hosts/find-settings.js";
import type { Run } from "../settings/run.js";
import { saidPlainHttp } from "../settings/settings.js";
import { cacheOptionsOf } from "./cache-options.js";
import { credentialsOf } from "./credentials.js";
import { withFlags } from "./host-flags.js";
import { namedHosts } from "./named-hosts.js";

/**
 * The client of a run. It imports what it uses by name: with that the bundle knows what has to be loaded for it.
 *
 * @param find What files say of single registries.
 * @param references All that the command named by now, and will have named when a credential is looked for.
 */
export async function composeClient(
  run: Run,
  references: ReadonlySet<string>,
  http: ClientOptions["http"],
  find: FindHostSettings,
): Promise<Client> {
  const { output, settings } = run;
  const credentials = await credentialsOf(run, () => namedHosts(references));
  return createClient({
    credentials,
    plainHttp: saidPlainHttp(settings),
    http,
    hosts(host) {
      const { options, sources } = find(host);
      if (sources.length > 0) output.detail(`settings of ${host}: ${sources.join(", ")}`);
      return withFlags(options, run);
    },
    onSkippedMirror({ mirror, message, restMs }) {
      const line = `the mirror ${mirror} was passed by: ${message}`;
      // Wrong bytes are not for those alone who want to know more.
      if (restMs === Infinity) output.warning(line);
      else output.detail(line);
    },
    ...cacheOptionsOf(run),
  });
}
