import type { Circumstances } from "./circumstances.js";
import { newCircumstances } from "./circumstances.js";
import { errorCodeOf } from "./exit-code.js";
import { meantBy } from "./meant.js";

/** What a hint depends on. */
interface Facts extends Circumstances {
  readonly code: string;
  /** Of the error and its causes. */
  readonly codes: ReadonlySet<string>;
  readonly status: number | undefined;
  readonly host: string | undefined;
  /** Whether a refused request had credentials; undefined when nobody knows. */
  readonly credentialsSent: boolean | undefined;
  /** What the registry calls it, and what that means. */
  readonly complaint: string | undefined;
  readonly reason: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** What it is about: undefined when the error does not say. */
  readonly reference: string | undefined;
  readonly what: string | undefined;
}

interface Situation {
  readonly when: (facts: Facts) => boolean;
  readonly hint: string | ((facts: Facts) => string);
}

const caused = (...codes: readonly string[]): Situation["when"] => {
  return (facts) => codes.some((code) => facts.codes.has(code));
};

const isRefusal = ({ code }: Facts): boolean => ["Forbidden", "Unauthorized", "TokenRefused"].includes(code);

const isNoHttp = ({ codes }: Facts): boolean => [...codes].some((code) => code.startsWith("HPE_"));

/** Whether who refused is not the registry of the reference. */
const isElsewhere = ({ host, reference }: Facts): boolean =>
  host !== undefined && reference !== undefined && reference !== host && !reference.startsWith(`${host}/`);

const logIn = ({ host = "HOST" }: Facts): string =>
  `log in with \`blob login ${host}\`, or set BLOB_USERNAME and BLOB_PASSWORD, or BLOB_TOKEN`;

/** Situations that are more than an error's code; the first that fits is told about. */
const situations: readonly Situation[] = [
  {
    when: ({ codes, command }) => command === "doctor" && codes.size === 1,
    hint: "each failed check above says what to do about it",
  },
  {
    when: ({ code, reference }) => code === "InvalidReference" && reference !== undefined,
    hint: (facts) => meantBy({ ...facts, text: facts.reference ?? "" }) ?? hints["InvalidReference"] ?? "",
  },
  {
    // Commands that take a host do not say what they were given.
    when: ({ code, operands }) => code === "InvalidReference" && operands.some((one) => one.includes("://")),
    hint: (facts) => meantBy({ ...facts, text: facts.operands[0] ?? "" }) ?? hints["InvalidReference"] ?? "",
  },
  {
    when: ({ code, command, operands }) =>
      code === "Usage" && command === "cp" && (operands.at(-1)?.includes(":/") ?? false),
    hint: ({ operands }) =>
      `did you mean \`blob cp ${[operands.at(-1), ...operands.slice(0, -1)].join(" ")}\`?`,
  },
  {
    when: ({ status }) => status === 407,
    hint: "the user name and password go into the proxy's URL, percent-encoded: http://user:password@host:port",
  },
  {
    when: caused("ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"),
    hint: "the registry seems to speak plain HTTP: try --plain-http",
  },
  {
    // A redirect to somebody who may be anybody.
    when: (facts) => isRefusal(facts) && isElsewhere(facts),
    hint: ({ host = "HOST" }) =>
      `if ${host} is where you mean to read, name it in the reference, and log in with \`blob login ${host}\`: no credentials were sent to it`,
  },
  {
    when: (facts) => isRefusal(facts) && facts.command === "login",
    hint: ({ host = "the registry" }) =>
      `${host} refused this user name and password, and nothing was stored: check both; many registries want an access token for a password`,
  },
  {
    when: ({ reason }) => reason === "ImmutableTag",
    hint: "push under a tag that is not there yet: whoever runs the registry made tags immutable",
  },
  {
    when: ({ reason }) => reason === "QuotaExceeded",
    hint: "delete what nobody needs there, or ask whoever runs the registry for more room",
  },
  {
    when: ({ reason }) => reason === "UnknownType",
    hint: "push to another registry, or ask whoever runs this one to allow the type",
  },
  {
    when: ({ status }) => status === 413,
    hint: "ask whoever runs the registry, or the proxy in front of it, for a higher limit (nginx: client_max_body_size)",
  },
  {
    // What servers make of plain HTTP at a port with TLS: a 400, an alert that is no HTTP, or the end.
    when: (facts) =>
      facts.plainHttp &&
      !facts.answered &&
      (facts.reason === "PlainHttpToTls" ||
        (facts.code === "Rejected" && facts.status === 400 && facts.complaint === undefined) ||
        (facts.code === "Network" && (caused("UND_ERR_SOCKET", "ECONNRESET")(facts) || isNoHttp(facts)))),
    hint: "if the registry speaks https at this port, leave out --plain-http (or BLOB_PLAIN_HTTP, or plain_http of the configuration)",
  },
  {
    when: caused(
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "UNABLE_TO_GET_ISSUER_CERT",
      "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    ),
    hint: "nobody that this machine trusts has signed the certificate: give the authority's, as PEM, with --ca-file (or NODE_EXTRA_CA_CERTS)",
  },
  {
    when: caused("CERT_HAS_EXPIRED"),
    hint: "the certificate has expired: whoever runs the registry has to renew it; check this machine's clock, too",
  },
  {
    when: caused("CERT_NOT_YET_VALID"),
    hint: "the certificate is not valid yet: check this machine's clock",
  },
  {
    when: caused("ERR_TLS_CERT_ALTNAME_INVALID"),
    hint: "the certificate is for another host: check the spelling, or use the name that the certificate has",
  },
  {
    when: caused("ECONNREFUSED"),
    hint: "nothing listens there: check host and port, and that the registry (or the proxy) runs",
  },
  {
    when: caused("ENOTFOUND", "EAI_AGAIN"),
    hint: "the host's name was not found: check its spelling",
  },
  {
    when: (facts) => isRefusal(facts) && wereNoneSent(facts),
    hint: (facts) => `${logIn(facts)}: no credentials were sent`,
  },
  {
    when: (facts) => isRefusal(facts) && sourceOf(facts) !== undefined,
    hint: (facts) =>
      `${facts.host ?? "the registry"} refused the credentials from ${sourceOf(facts) ?? ""}: ${whatToDo(facts)}`,
  },
  {
    when: ({ code, operands }) => code === "NotFound" && operands.some((one) => one.startsWith("oci://")),
    hint: (facts) =>
      meantBy({ ...facts, text: facts.operands.find((one) => one.startsWith("oci://")) ?? "" }) ??
      hints["NotFound"] ??
      "",
  },
  {
    when: (facts) => facts.code === "NotFound" && facts.credentialsSent === false,
    hint: (facts) =>
      `check the spelling of the repository, the tag and the path; to see what is private, ${logIn(facts)}`,
  },
  {
    when: caused("EADDRINUSE"),
    hint: "another program has that port: choose another with --port, or any free one with --port 0",
  },
  {
    when: (facts) => facts.code === "Usage" && caused("EADDRNOTAVAIL")(facts),
    hint: "this machine has no such address: --listen takes one of its own, or localhost",
  },
  {
    when: ({ code, command, codes }) =>
      code === "FileSystem" && codes.has("ENOTDIR") && ["push", "create"].includes(command),
    hint: (facts) => `\`blob ${facts.command}\` takes a directory: put a single file into one of its own`,
  },
  {
    when: ({ what }) => what === "archive",
    hint: "check the spelling of the path; `blob create` makes such an archive of a directory",
  },
  {
    when: ({ code, operands }) => code === "NotFound" && operands.some((one) => one.startsWith("oci:")),
    hint: "check the spelling of the path and the tag",
  },
  {
    when: (facts) => facts.code !== "Output" && caused("ENOSPC", "EDQUOT")(facts),
    hint: "make room there, or choose another place; temporary files go where TMPDIR says",
  },
  {
    when: (facts) =>
      ["FileSystem", "Usage"].includes(facts.code) && caused("EACCES", "EPERM", "EROFS")(facts),
    hint: "look at who may do that with `ls -ld`, or choose another place",
  },
  {
    when: (facts) =>
      ["FileSystem", "Usage"].includes(facts.code) && caused("ENOENT", "ENOTDIR", "EISDIR")(facts),
    hint: "check the spelling of the path",
  },
  {
    when: ({ code, command }) => code === "Usage" && command !== "",
    hint: ({ command }) => `\`blob ${command} --help\` lists the arguments and flags`,
  },
  {
    when: caused("UnsafeDirectory", "UnsafeFile"),
    hint: "nobody else may be able to change what is kept: mend that, or choose another place with BLOB_CACHE_DIR",
  },
  {
    when: caused("TemporaryDirectory"),
    hint: "set TMPDIR to a directory that exists and can be written to",
  },
];

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
  Forbidden: "check that the credentials are meant for this repository, or log in with `blob login`",
  InvalidManifest: "only what `blob push` wrote can be read as an archive",
  MissingIndex: "only what `blob push` wrote can be read as an archive",
  MissingData: "only what `blob push` wrote can be read as an archive",
  HashMismatch: "the stored bytes are damaged or were tampered with: push the archive again from a good copy",
  DigestMismatch:
    "the stored bytes are damaged or were tampered with: push the archive again from a good copy",
  InvalidIndex: "the archive is damaged or hostile: do not use it",
  PolicyViolation: "`blob verify` shows what each policy found; `blob inspect` lists what is attached",
  NoRule:
    "write a rule for it with `blob config edit`; `pull`, `verify`, `tag` and `copy` read it once with --no-default-policy",
  IdentityUnavailable: "sign with a key (--key), or in a terminal, where a browser can be opened",
  IdentityRefused:
    "get a new identity token, from an issuer that the certificate authority knows, or sign with a key (--key)",
  TrustUnavailable: "give a trusted root with --trusted-root or BLOB_TRUSTED_ROOT, or try again online",
  PasswordRequired: "set BLOB_KEY_PASSWORD: there is no terminal to ask for the password at",
  WrongPassword:
    "the password comes from BLOB_KEY_PASSWORD, else from COSIGN_PASSWORD, else from the terminal",
  SourceMismatch:
    "the two files of the archive do not belong together, or one was cut off: get both again from a good copy",
  DestinationConflict: "move it away, or choose an empty directory",
  WrongKind: "`blob ls` lists a directory, `blob cp` copies one, `blob cat` writes files",
  NotVerified: "check that it is the bundle of this very artifact, and who has to have signed it",
  InvalidPolicy:
    "`blob verify --help` has examples; what a policy file can say is in the README of @blob/cli",
  RateLimited: "wait a while, or log in: registries allow more to users they know",
  Network: "check the network, host and port, and try again",
  Unavailable:
    "the registry, or a proxy in front of it, is in trouble: try again later, or tell whoever runs it",
  TooManyFiles: "raise the limit with --max-files",
  FileChanged: "archive a directory that nobody writes to, or pass --change-detection none",
  Output: "what was written is not complete",
  Internal:
    "this is a bug in blob: please report it where `npm bugs @blob/cli` leads, with the command that you ran, this message, and what `blob version` shows",
};

export function hintFor(
  error: unknown,
  circumstances: Circumstances = newCircumstances(),
): string | undefined {
  const facts = factsOf(error, circumstances);
  // The directory that the command was started in is gone: nothing relative can be found.
  if (fieldOf(error, "syscall") === "uv_cwd")
    return "the current directory was deleted: change to another one";
  const situation = situations.find(({ when }) => when(facts));
  if (situation === undefined) return hints[facts.code];
  return typeof situation.hint === "string" ? situation.hint : situation.hint(facts);
}

function factsOf(error: unknown, circumstances: Circumstances): Facts {
  const codes = new Set<string>();
  for (let cause = error, depth = 0; cause instanceof Error && depth < 10; cause = cause.cause, depth += 1) {
    const code = fieldOf(cause, "code");
    if (typeof code === "string") codes.add(code);
    // Some versions of undici have no code for what is no HTTP.
    if (cause.name === "HTTPParserError") codes.add("HPE_INVALID");
  }
  const text = (name: string): string | undefined => {
    const value = fieldOf(error, name);
    return typeof value === "string" ? value : undefined;
  };
  const [status, sent, wait] = ["status", "credentialsSent", "retryAfterMs"].map((name) =>
    fieldOf(error, name),
  );
  return {
    ...circumstances,
    code: errorCodeOf(error),
    codes,
    status: typeof status === "number" ? status : undefined,
    host: text("host"),
    credentialsSent: typeof sent === "boolean" ? sent : undefined,
    complaint: text("complaint"),
    reason: text("reason"),
    retryAfterMs: typeof wait === "number" ? wait : undefined,
    reference: text("reference"),
    what: text("what"),
  };
}

/** The error knows best; else nothing was sent when nothing was found. */
function wereNoneSent({ credentialsSent, credentialSources, host = "" }: Facts): boolean {
  return !(credentialsSent ?? (!credentialSources.has(host) || credentialSources.get(host) !== undefined));
}

function sourceOf({ credentialSources, host = "" }: Facts): string | undefined {
  const source = credentialSources.get(host);
  return source === "environment"
    ? "the environment (BLOB_USERNAME and BLOB_PASSWORD, or BLOB_TOKEN)"
    : source;
}

/** By where the refused credentials came from, since that is where they have to be mended. */
function whatToDo({ code, credentialSources, host = "HOST" }: Facts): string {
  const source = credentialSources.get(host) ?? "";
  if (code === "Forbidden") return "check that they are meant for this repository, and for what was tried";
  if (source === "environment") return "correct these variables, or unset them";
  if (source === "--username") return "check the user name, and the password on standard input";
  return `if they are no longer valid, log in again with \`blob login ${host}\``;
}

function fieldOf(error: unknown, name: string): unknown {
  return typeof error === "object" && error !== null ? Reflect.get(error, name) : undefined;
}
