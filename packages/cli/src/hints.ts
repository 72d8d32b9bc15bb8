import { errorCodeOf } from "./exit-code.js";

/** What to do about an error, by its code, where there is something to say that the message does not. */
const hints: Readonly<Record<string, string>> = {
  Usage: "`blob --help` lists the commands, `blob COMMAND --help` their arguments",
  InvalidConfig: "`blob config edit` opens the file, `blob config path` says where it is",
  Incomplete: "without --strict this is no error",
  TagsIncomplete: "the archive is there: `blob tag` writes the tags that are missing",
  AmbiguousReference: "name one of them by its digest: REPOSITORY@DIGEST",
  InvalidReference:
    "a reference reads host/repository:tag, oci:PATH:tag for an OCI layout, or file:DIR for local files",
  NotFound: "check the spelling of the repository, the tag and the path",
  TokenRefused: "log in with `blob login`, or set BLOB_USERNAME and BLOB_PASSWORD, or BLOB_TOKEN",
  Unauthorized: "log in with `blob login`, or set BLOB_USERNAME and BLOB_PASSWORD, or BLOB_TOKEN",
  Forbidden: "these credentials may not do that: check that they are meant for this repository",
  InvalidManifest: "only what `blob push` wrote can be read as an archive",
  MissingIndex: "only what `blob push` wrote can be read as an archive",
  MissingData: "only what `blob push` wrote can be read as an archive",
  HashMismatch: "the stored bytes are damaged or were tampered with: push the archive again from a good copy",
  DigestMismatch:
    "the stored bytes are damaged or were tampered with: push the archive again from a good copy",
  InvalidIndex: "the archive is damaged or hostile: do not use it",
  PolicyViolation: "`blob verify` shows what each policy found; `blob inspect` lists what is attached",
  IdentityUnavailable: "sign with a key (--key), or in a terminal, where a browser can be opened",
  TrustUnavailable: "give a trusted root with --trusted-root or BLOB_TRUSTED_ROOT, or try again online",
  RateLimited: "wait a while, or log in: registries allow more to users they know",
  TooManyFiles: "raise the limit with --max-files",
  FileChanged: "archive a directory that nobody writes to, or pass --change-detection none",
  Internal: "this is a bug in blob: please report it with the command that you ran",
};

export function hintFor(error: unknown): string | undefined {
  return tlsHint(error) ?? hints[errorCodeOf(error)];
}

/** A registry that speaks HTTP answers a TLS handshake with bytes that are none. */
function tlsHint(error: unknown): string | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 10; cause = cause.cause, depth += 1) {
    const code: unknown = Reflect.get(cause, "code");
    if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") {
      return "the registry seems to speak plain HTTP: try --plain-http";
    }
    if (code === "ECONNREFUSED")
      return "nothing listens there: check host and port, and that the registry runs";
    if (code === "ENOTFOUND" || code === "EAI_AGAIN")
      return "the host's name was not found: check its spelling";
  }
  return undefined;
}
