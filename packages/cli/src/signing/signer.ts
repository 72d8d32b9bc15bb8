import { readFile } from "node:fs/promises";
import { textOfBytes } from "@blob/core/text";
import type { Attachment, Signer } from "@blob/registry";
import type { LogService, PrivateKey, SigningOptions } from "@blob/sigstore-policy";
import { askTerminal, isTerminal } from "../prompt.js";
import type { Run } from "../settings/run.js";
import { UsageError } from "../errors/usage-error.js";

export interface SignerFlags {
  readonly key?: string;
  readonly identityToken?: string | undefined;
  /** The same. */
  readonly oidcToken?: string;
  readonly oidcIssuer?: string;
  readonly fulcio?: string;
  readonly rekor?: string;
  readonly rekorVersion: "1" | "2";
  readonly log: boolean;
  readonly tsa?: string;
  readonly signingConfig?: string;
}

/** A signer as the flags describe it: with a key when there is one, else with an identity. */
export async function signerOf(session: Run, given: SignerFlags): Promise<Signer> {
  const flags = { ...given, identityToken: given.identityToken ?? given.oidcToken };
  const services = await servicesOf(flags);
  if (flags.key !== undefined) {
    if (flags.identityToken !== undefined || flags.oidcIssuer !== undefined || flags.fulcio !== undefined) {
      throw new UsageError(
        "--key signs without an identity: leave --identity-token, --oidc-issuer and --fulcio out",
      );
    }
    const { keySigner } = await import("@blob/sigstore-policy");
    return keySigner({ ...services, key: await keyOf(session, flags.key) });
  }
  if (!flags.log)
    throw new UsageError("--no-log needs --key: without a log nobody knows when an identity signed");
  const { defaultToken, keylessSigner } = await import("@blob/sigstore-policy");
  const { env, stderr, stdin } = session.io;
  const identity = defaultToken({
    env,
    token: flags.identityToken,
    // Somebody has to be there to sign in.
    browser: isTerminal(stdin) && stderr.isTTY === true ? { issuer: flags.oidcIssuer } : false,
  });
  return keylessSigner({ ...services, fulcioUrl: flags.fulcio ?? services.fulcioUrl, identity });
}

/** Hands what a signer makes to `keep`, too. */
export function withAttachment(signer: Signer, keep: (attachment: Attachment) => void): Signer {
  return {
    name: signer.name,
    async sign(manifest, options) {
      const attachment = await signer.sign(manifest, options);
      keep(attachment);
      return attachment;
    },
  };
}

/** Flags win over the configuration file. */
async function servicesOf(flags: SignerFlags): Promise<SigningOptions & { readonly fulcioUrl?: string }> {
  const { parseSigningConfig } = await import("@blob/sigstore-policy");
  const configured =
    flags.signingConfig === undefined
      ? {}
      : parseSigningConfig(await readText("--signing-config", flags.signingConfig));
  const log: LogService | undefined =
    flags.rekor === undefined
      ? configured.log
      : { url: flags.rekor, version: flags.rekorVersion === "2" ? 2 : 1 };
  const timestampUrl = flags.tsa ?? configured.timestampUrl;
  return {
    ...(configured.fulcioUrl !== undefined && { fulcioUrl: configured.fulcioUrl }),
    log: flags.log ? log : false,
    timestampUrl,
  };
}

async function keyOf({ io }: Run, file: string): Promise<PrivateKey> {
  const { loadPrivateKey, isPolicyError } = await import("@blob/sigstore-policy");
  const pem = await readText("--key", file);
  const given = io.env["BLOB_KEY_PASSWORD"] ?? io.env["COSIGN_PASSWORD"];
  try {
    return await loadPrivateKey(pem, { password: given, what: file });
  } catch (error) {
    if (!isPolicyError(error) || error.code !== "PasswordRequired" || !isTerminal(io.stdin)) throw error;
    return loadPrivateKey(pem, {
      password: await askTerminal(io, `Password of ${file}: `, { secret: true }),
      what: file,
    });
  }
}

/** More than any key, configuration or predicate that somebody wrote has. */
const maxTextBytes = 16 * 1024 * 1024;

/** The text of a file that a flag names. */
export async function readText(flag: string, file: string): Promise<string> {
  try {
    const bytes = await readFile(file);
    if (bytes.length > maxTextBytes) throw new Error(`it has ${String(bytes.length)} bytes`);
    return textOfBytes(bytes);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${flag} ${file}: ${why}`, { cause: error });
  }
}
