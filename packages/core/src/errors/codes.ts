/**
 * Every code of an error of the `@blob` packages, with what it means: in whichever package it is met, it means this. What it
 * is about is in the error's fields, what to do in its message.
 *
 * The list is data, so that what handles errors can be checked against it. It grows in minor versions: a program that
 * handles codes by name needs a way for those it does not know.
 */
export const blobErrorCodes = [
  // What the caller gave.

  /** The caller's arguments make no sense, alone or together, or one has a form that it must not have. */
  "InvalidArgument",
  /** A reference, repository name, tag or digest is malformed, or does not name what is needed: a tag, say. */
  "InvalidReference",
  /** A path is not a valid archive path, or not one that can be written on this system. */
  "InvalidPath",
  /** Something is larger than a limit: the caller's option, its default, or what the registry takes. The message names it. */
  "SizeExceeded",
  /** More files than the archive may have. */
  "TooManyFiles",
  /** The archive was closed before the read, or the client before the end of the verb. */
  "Closed",
  /** The client is offline, and what it takes is in no cache: the message says what. */
  "Offline",

  // What is not there, or is something else.

  /** There is no such thing: `what` says which kind. */
  "NotFound",
  /** A file was asked for where the archive has a directory, or the reverse. */
  "WrongKind",
  /** The reference leads to an image index with several archives in it: `candidates` has their digests. */
  "AmbiguousReference",
  /** It is beyond one side: this version does not know how the archive was made, or the registry lacks that part of the API. */
  "Unsupported",
  /** The registry has neither the referrers API nor a usable fallback tag. */
  "ReferrersUnsupported",

  // What must not be used.

  /** Bytes do not have the digest or size that was promised, or two things that belong together do not. */
  "DigestMismatch",
  /** A file's content does not have the hash that the index promises. */
  "HashMismatch",
  /** A file's stored bytes do not decompress to exactly what the index promises. */
  "Decompression",
  /** The data has another size or hash than the index promises, or ended early. */
  "SourceMismatch",
  /** The index is damaged or breaks a rule of the format. */
  "InvalidIndex",
  /** A tar stream is damaged, cut off, or says things that programs read in different ways: nothing of it is believed. */
  "InvalidTar",
  /** The manifest is not that of an archive: another type, other layers, or damaged. */
  "InvalidManifest",
  /** The manifest has no index layer. */
  "MissingIndex",
  /** The manifest has no data layer. */
  "MissingData",
  /** What was kept in a cache is not what was put there. It was deleted, and counts as a miss. */
  "CorruptEntry",
  /** What a block cache reads from gave less than was asked for. */
  "ShortRead",

  // Registries and other servers.

  /** The registry wants credentials, or other ones. */
  "Unauthorized",
  /** This may not be done with these credentials, or without any: `credentialsSent` tells which. */
  "Forbidden",
  /** A registry's reply breaks the protocol, such as a range that is not the one asked for. */
  "InvalidResponse",
  /** A redirect, an upload location or a token server leads where a client must not follow. */
  "UnsafeRedirect",
  /** The registry understood the content and does not take it. */
  "Rejected",
  /** Too many requests: the registry asks to wait longer than the caller allows. */
  "RateLimited",
  /** The registry has trouble of its own (5xx) that did not go away. */
  "Unavailable",
  /** The connection failed or broke: see `cause`. */
  "Network",
  /** Nothing came or went for too long, or too little. */
  "TimedOut",
  /** Somebody else changes the same thing at the same time. */
  "Conflict",
  /** A web server, which is no registry, answered a request for bytes with something else: see the message. */
  "Http",
  /** The manifest is there, but not all tags point to it: see `digest`, `tagged` and `notTagged`. */
  "TagsIncomplete",

  // Credentials for registries.

  /** A file with credentials is not what its format says: `file` names it, the message says where. */
  "InvalidCredentialsFile",
  /** A file with credentials exists but could not be read or written: see `cause`. */
  "UnreadableCredentialsFile",
  /** A credential cannot be sent as it is, or only half of it was given. */
  "InvalidCredential",
  /** A credential helper could not store or erase. (When a helper fails to find, that is only a warning.) */
  "HelperFailed",
  /** The registry asked for a token in a way that makes no sense. */
  "InvalidChallenge",
  /** The registry named a token server that credentials must not be sent to. */
  "InsecureRealm",
  /** The registry's token server did not accept the credential, or gives nothing to anonymous clients. */
  "TokenRefused",
  /** The registry's token server could not answer: see `status`. After 429 and 5xx, trying again later may help. */
  "TokenUnavailable",
  /** The registry's token server answered with something that is not a usable token. */
  "InvalidTokenResponse",

  // This machine.

  /** The file system refused: see `cause`. */
  "FileSystem",
  /** The temporary directory is not there, or cannot be written to: see `path`. */
  "TemporaryDirectory",
  /** A file was changed while it was read. */
  "FileChanged",
  /** Something in the destination directory is in the way. */
  "DestinationConflict",
  /** A codec failed, or made of a file's content what does not decompress to it: nothing was archived. */
  "Compression",
  /** A worker thread could not be started or broke down: see `cause`. */
  "WorkerFailed",
  /** What is to be a directory of ours is none, is a link, belongs to somebody else, or others may write to it. */
  "UnsafeDirectory",
  /** What is to be a file of ours is a link, a pipe, a device or a directory, is somebody else's, or larger than it can be. */
  "UnsafeFile",

  // Policies.

  /** A policy refused the archive: see `reasons`. */
  "PolicyViolation",
  /** The policy itself makes no sense, such as one that would accept everything: mend the code or file that made it. */
  "InvalidPolicy",
  /** No policy accepted the subject, and at least one could not be checked: see `cause`. */
  "NotChecked",
  /** A bundle does not prove what it has to: the message says what was found, and why that does not do. */
  "NotVerified",
  /** A trusted root cannot be read: get it anew from whom it comes. */
  "InvalidTrustedRoot",
  /** The trusted root could not be had: the message says from where, and `cause` why. */
  "TrustUnavailable",

  // Keys, identities and the services that signing needs.

  /** A key file is not in the format that it claims, or holds no key, or several. */
  "InvalidKey",
  /** A key of a kind, or encrypted in a way, that is not accepted: the message says what to use. */
  "UnsupportedKey",
  /** A private key is encrypted, and no password was given. */
  "PasswordRequired",
  /** A private key could not be decrypted: wrong password, or a damaged file. */
  "WrongPassword",
  /** A public key could not be fetched. */
  "KeyUnavailable",
  /** There is no identity token: not given, refused by who issues them, or nobody signed in. */
  "IdentityUnavailable",
  /** The certificate authority does not take the identity: its token has expired, or is from somebody it does not know. */
  "IdentityRefused",
  /** What should be an identity token is none, or is not for this use: the message says what is wrong with it. */
  "InvalidToken",
  /** The options of a signer make no sense together, or not for what is to be signed. */
  "InvalidSigner",
  /** A service that signing needs does not take the request: the message has the status, and what it says. */
  "ServiceRefused",
  /** A service that signing needs has trouble of its own, or cannot be reached: try again later. */
  "ServiceUnavailable",
  /** A service that signing needs did not answer in time. */
  "ServiceTimedOut",
  /** What a service answered is not what was asked for, and must not be used. */
  "InvalidAnswer",
] as const;

/** One of {@link blobErrorCodes}. */
export type BlobErrorCode = (typeof blobErrorCodes)[number];

/** Kinds of things that an error with the code `NotFound` can be about: its field `what`. */
export const missingThings = [
  /** A tag, or whatever else a reference says beside a digest. */
  "reference",
  /** A repository that the registry does not know. */
  "repository",
  /** A manifest, by its digest. */
  "manifest",
  /** A blob of a repository. */
  "blob",
  /** An upload that was begun, at a registry. */
  "upload",
  /** An OCI layout at a path. */
  "layout",
  /** A file of an archive, or whatever else was asked for by its path. */
  "file",
  /** A directory of an archive. */
  "directory",
  /** An archive's file on disk: its index or its data. */
  "archive",
] as const;

/** One of {@link missingThings}. */
export type MissingThing = (typeof missingThings)[number];
