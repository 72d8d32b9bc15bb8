import { createAuthenticator, eraseCredential, forHosts, storeCredential } from "@blob/auth";
import { createHttpRegistry } from "@blob/registry";
import { NotFoundError } from "../../errors/not-found-error.js";
import { readPassword } from "../../password.js";
import { askTerminal, isTerminal } from "../../prompt.js";
import type { Session } from "../../session/session.js";
import { UsageError } from "../../errors/usage-error.js";

/** Asks for a credential, tries it at the registry, and keeps it where docker and podman find it, too. */
export async function login(session: Session, host: string): Promise<void> {
  const { io, output, signal } = session;
  const { username, password } = await askCredential(session);
  const source = session.flags.passwordStdin ? "--username" : "the terminal";
  const credential = { kind: "basic", username, password } as const;
  const credentials = forHosts([host], () => Promise.resolve({ credential, source }));
  const registry = createHttpRegistry(host, {
    ...(await session.connection(host)),
    authenticator: createAuthenticator({ credentials }),
  });
  session.circumstances.credentialSources.set(registry.id, source);
  try {
    const { authorized } = await registry.checkAccess({ signal });
    if (!authorized)
      output.warning(`${host} lets everybody in: whether it accepts this password is not known`);
  } finally {
    await registry.close();
  }
  const { env, homeDirectory = false } = io;
  const place = await storeCredential(host, credential, { env, homeDirectory, signal });
  await output.result({ host, username, stored_in: place, status: "success" }, () => [
    `Logged in to ${host} as ${username}`,
    `Stored in ${place}`,
  ]);
}

export async function logout({ io, output, signal }: Session, host: string): Promise<void> {
  const { env, homeDirectory = false } = io;
  const places = await eraseCredential(host, { env, homeDirectory, signal });
  if (places.length === 0) throw new NotFoundError(host, `${host}: no credentials are stored for it`);
  await output.result({ host, removed_from: places, status: "success" }, () => [
    `Logged out of ${host}`,
    ...places.map((place) => `Removed from ${place}`),
  ]);
}

async function askCredential({ io, flags }: Session): Promise<{ username: string; password: string }> {
  if (flags.passwordStdin) {
    if (flags.username === undefined) throw new UsageError("--password-stdin needs --username");
    return { username: flags.username, password: await readPassword(io) };
  }
  if (!isTerminal(io.stdin)) {
    throw new UsageError(
      "without a terminal to ask at: give --username, and --password-stdin with the password",
    );
  }
  const username = flags.username ?? (await askTerminal(io, "User name: "));
  const password = await askTerminal(io, "Password or token: ", { secret: true });
  if (username === "" || password === "") throw new UsageError("login needs a user name and a password");
  return { username, password };
}
