import { lstat, rm, writeFile } from "node:fs/promises";
import { once } from "@blob/core/bytes";
import { generateKeyPair, parsePublicKey } from "@blob/sigstore-policy";
import { UsageError } from "../../errors/usage-error.js";
import type { Io } from "../../io.js";
import { NewFileError, writeNewFile } from "../../output/new-file.js";
import { askTerminal, isTerminal } from "../../prompt.js";
import type { Session } from "../../session/session.js";

export interface KeygenFlags {
  readonly algorithm: "p256" | "ed25519";
  readonly format: "pkcs8" | "cosign";
  /** False: the private key is not encrypted. */
  readonly password: boolean;
  readonly force?: boolean;
}

const algorithms = { p256: "ecdsa-p256", ed25519: "ed25519" } as const;

/** Makes a pair of keys in two files. After a failure there is neither, or what was there before. */
export async function keygen(session: Session, name: string, flags: KeygenFlags): Promise<void> {
  const { io, output } = session;
  const { algorithm, format, password: encrypted, force = false } = flags;
  if (!encrypted && format === "cosign") {
    throw new UsageError("--format cosign is always encrypted: leave --no-password out");
  }
  const [privateFile, publicFile] = [`${name}.key`, `${name}.pub`];
  // Before anybody thinks of a password.
  if (!force) await requireNone(privateFile, publicFile);
  const { privateKey, publicKey } = await generateKeyPair({
    password: encrypted && (await newPassword(io, privateFile)),
    algorithm: algorithms[algorithm],
    format: format === "cosign" ? "sigstore" : "pkcs8",
  });
  await writeKeyFile(privateFile, privateKey, { mode: 0o600, force });
  try {
    await writeKeyFile(publicFile, publicKey, { mode: 0o644, force });
  } catch (error) {
    // One that replaced another stays: its public half can be made of it.
    if (!force) await rm(privateFile);
    throw error;
  }
  const { fingerprint } = parsePublicKey(publicKey);
  await output.result(
    { private_key: privateFile, public_key: publicFile, algorithm, format, encrypted, fingerprint },
    () => [
      `Private key: ${privateFile} (${encrypted ? "encrypted" : "not encrypted"}; keep it to yourself)`,
      `Public key: ${publicFile} (for everybody who verifies)`,
    ],
  );
}

async function requireNone(...files: readonly string[]): Promise<void> {
  for (const file of files) {
    if ((await lstat(file).catch(() => undefined)) !== undefined) throw alreadyThere(file);
  }
}

function alreadyThere(file: string, cause?: unknown): UsageError {
  return new UsageError(`${file} is there already: give another name, or replace it with --force`, { cause });
}

/** From the environment, or asked for twice. */
async function newPassword(io: Io, file: string): Promise<string> {
  const given = io.env["BLOB_KEY_PASSWORD"] ?? io.env["COSIGN_PASSWORD"];
  if (given !== undefined) return given;
  if (!isTerminal(io.stdin)) {
    throw new UsageError(
      "there is no terminal to ask for a password: set BLOB_KEY_PASSWORD, or leave the key unencrypted with --no-password",
    );
  }
  const password = await askTerminal(io, `Password for ${file}: `, { secret: true });
  const again = await askTerminal(io, "The same again: ", { secret: true });
  if (password !== again) throw new UsageError("these were two different passwords: nothing was made");
  if (password === "")
    throw new UsageError("an empty password protects nothing: say --no-password if that is meant");
  return password;
}

async function writeKeyFile(
  file: string,
  pem: string,
  { mode, force }: { readonly mode: number; readonly force: boolean },
): Promise<void> {
  if (force) return writeNewFile(file, once(Buffer.from(pem)), { mode });
  try {
    await writeFile(file, pem, { flag: "wx", mode });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") throw alreadyThere(file, cause);
    // A part of it may be there: it was made here.
    await rm(file, { force: true });
    throw new NewFileError(file, cause);
  }
}
