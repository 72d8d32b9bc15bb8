import type { CredentialSource, FoundCredential, Hosts } from "@blob/auth";
import { defaultCredentials, firstOf, forHosts } from "@blob/auth";
import type { RegistryConfig } from "../config/config.js";
import type { Run } from "../settings/run.js";
import { UsageError } from "../errors/usage-error.js";

/**
 * Where this run's credentials come from: the flags, else what `@blob/auth` finds. Flags and environment do not say which
 * registry they are for: it is those that the command line names, and no other one that asks.
 */
export async function credentialsOf(
  run: Pick<Run, "io" | "flags" | "output" | "circumstances" | "config">,
  hosts: Hosts,
): Promise<CredentialSource> {
  const { io, flags, output } = run;
  const configured = Object.entries(run.config.config.registries ?? {}).flatMap(([host, registry]) =>
    registry.username_from === undefined
      ? []
      : [forHosts([host], async () => fromVariables(host, registry, io.env))],
  );
  const found = firstOf(
    ...configured,
    defaultCredentials({
      env: io.env,
      homeDirectory: io.homeDirectory ?? false,
      hosts,
      onWarning: (message) => output.warning(message),
    }),
  );
  const { username } = flags;
  if (username === undefined) return tellingSource(found, run);
  const { readPassword } = await import("../password.js");
  if (!flags.passwordStdin) {
    throw new UsageError("--username needs --password-stdin: the password is read from standard input");
  }
  const credential = { kind: "basic", username, password: await readPassword(io) } as const;
  const given = forHosts(hosts, () => Promise.resolve({ credential, source: "--username" }));
  return tellingSource(firstOf(given, found), run);
}

/** A registry whose variables are not set has no credential from there: the next source is asked. */
function fromVariables(
  host: string,
  { username_from: user = "", password_from: secret = "" }: RegistryConfig,
  env: Run["io"]["env"],
): FoundCredential | undefined {
  const [username = "", password = ""] = [env[user], env[secret]];
  if (username === "" && password === "") return undefined;
  if (username !== "" && password !== "") {
    const source = `registries.${host}: ${user} and ${secret}`;
    return { credential: { kind: "basic", username, password }, source };
  }
  const missing = username === "" ? user : secret;
  throw new UsageError(`registries.${host}: the variable ${missing || "of password_from"} is not set`);
}

function tellingSource(
  credentials: CredentialSource,
  { output, circumstances }: Pick<Run, "output" | "circumstances">,
): CredentialSource {
  return async (target, options) => {
    const found = await credentials(target, options);
    circumstances.credentialSources.set(target.host, found?.source);
    output.detail(`credentials for ${target.host}: ${found?.source ?? "none, anonymous"}`);
    return found;
  };
}
