import path from "node:path";
import type { Policy } from "@blob/registry";
import type { Session } from "../session.js";
import type { TrustFlags } from "../signing/trusted-root.js";
import { trustedRootOf } from "../signing/trusted-root.js";
import type { LoadedConfig } from "./config.js";
import { requireConfigFile } from "./config-path.js";

/**
 * The policies that the configuration has for a reference as it was given to the command, all of which have to accept what is read. Paths of keys are
 * relative to the configuration file.
 *
 * @throws PolicyError `InvalidPolicy`, ConfigError when one cannot be made: what it would have to accept must not be read.
 */
export async function configuredPolicies(
  { file, config: { policies: rules = [], aliases } }: LoadedConfig,
  reference: string,
  session: Pick<Session, "settings" | "io">,
): Promise<readonly Policy[]> {
  if (rules.length === 0) return [];
  const { matchingRules } = await import("./match-reference.js");
  const matching = matchingRules(rules, reference, aliases);
  if (matching.length === 0) return [];
  const [{ policyFromContent }, trustedRoot] = await Promise.all([
    import("@blob/sigstore-policy"),
    trustedRootOf(session, {}),
  ]);
  const directory = path.dirname(requireConfigFile({ file }));
  const { signal } = session.io;
  return Promise.all(
    matching.map(({ policy, place }) =>
      policyFromContent(policy, { file: place, directory, trustedRoot, signal }),
    ),
  );
}

/** The policies of files that a flag names. */
export async function filePolicies(
  files: readonly string[],
  session: Pick<Session, "settings" | "io">,
  trust: TrustFlags = {},
): Promise<readonly Policy[]> {
  if (files.length === 0) return [];
  const [{ policyFromFile }, trustedRoot] = await Promise.all([
    import("@blob/sigstore-policy"),
    trustedRootOf(session, trust),
  ]);
  return Promise.all(files.map((file) => policyFromFile(file, { trustedRoot, signal: session.io.signal })));
}
