import type { Command } from "commander";
import { Option } from "commander";

/** Who signs, and with which services: the same for `sign`, `attest` and `push --sign`. */
export function addSignerOptions(command: Command): Command {
  return command
    .option(
      "--key <file>",
      "sign with this private key; a password comes from BLOB_KEY_PASSWORD, COSIGN_PASSWORD or the terminal",
    )
    .option(
      "--identity-token <token>",
      "sign with this identity; else SIGSTORE_ID_TOKEN, a GitHub job's, or the browser",
    )
    .addOption(new Option("--oidc-token <token>").hideHelp())
    .option("--oidc-issuer <url>", "where to sign in with the browser")
    .option("--fulcio <url>", "where certificates come from")
    .option("--rekor <url>", "where signatures are logged")
    .addOption(new Option("--rekor-version <version>", "of the log's API").choices(["1", "2"]).default("1"))
    .option("--no-log", "log nothing: for keys only")
    .option("--tsa <url>", "the authority for time stamps")
    .option("--signing-config <file>", "a Sigstore signing configuration that names these services");
}
