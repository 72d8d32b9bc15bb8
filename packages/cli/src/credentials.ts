import type { CredentialSource } from "@blob/auth";
import type { GlobalFlags } from "./global-flags.js";
import type { Io } from "./io.js";
import type { Output } from "./output.js";
import { UsageError } from "./usage-error.js";

/** Where this run's credentials come from: the flags, else what `@blob/auth` finds. */
export async function credentialsOf(io: Io, flags: GlobalFlags, output: Output): Promise<CredentialSource> {
  const { defaultCredentials, firstOf } = await import("@blob/auth");
  const found = defaultCredentials({
    env: io.env,
    homeDirectory: io.homeDirectory,
    onWarning: (message) => output.warning(message),
  });
  const { username } = flags;
  if (username === undefined) return tellingSource(found, output);
  const { readPassword } = await import("./password.js");
  if (!flags.passwordStdin) {
    throw new UsageError("--username needs --password-stdin: the password is read from standard input");
  }
  const credential = { kind: "basic", username, password: await readPassword(io) } as const;
  return firstOf(() => Promise.resolve({ credential, source: "--username" }), found);
}

function tellingSource(credentials: CredentialSource, output: Output): CredentialSource {
  return async (target, options) => {
    const found = await credentials(target, options);
    output.detail(`credentials for ${target.host}: ${found?.source ?? "none, anonymous"}`);
    return found;
  };
}
