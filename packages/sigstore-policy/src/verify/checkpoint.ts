import { Refusal } from "./refusal.js";
import { isSignedWith } from "./signature-hash.js";
import type { TrustedLog } from "./trust-material.js";

/** What a log says about itself: so many leaves have this root. */
export interface Checkpoint {
  readonly size: bigint;
  readonly root: Uint8Array;
}

const maxCheckpointCharacters = 16 * 1024;
const signerName = /^[A-Za-z0-9.:/-]+$/;

interface SignedCheckpoint extends Checkpoint {
  /** What is signed. */
  readonly note: string;
  readonly origin: string;
  readonly signatures: readonly NoteSignature[];
}

interface NoteSignature {
  readonly name: string;
  readonly keyHint: Buffer;
  readonly signature: Buffer;
}

/**
 * A checkpoint that the given log has signed (transparency-dev formats: a note whose body is origin, size and root).
 * Lines of other signers, such as witnesses, are not looked at, but each line has to be well-formed.
 */
export function verifyCheckpoint(envelope: string, log: TrustedLog): Checkpoint {
  const { note, origin, signatures, size, root } = readCheckpoint(envelope);
  const names = namesOf(log.baseUrl);
  if (!names.includes(origin.replace(/ - \d+$/, ""))) {
    throw new Refusal("the checkpoint is that of another log");
  }
  const ours = signatures.filter(
    (signature) => names.includes(signature.name) && Buffer.from(log.keyHint).equals(signature.keyHint),
  );
  const bytes = Buffer.from(note, "utf8");
  if (!ours.some(({ signature }) => isSignedWith(log.key, bytes, signature))) {
    throw new Refusal("the log did not sign the checkpoint");
  }
  return { size, root };
}

/** What a checkpoint says, whoever signed it. */
export function readCheckpoint(envelope: string): SignedCheckpoint {
  if (envelope.length > maxCheckpointCharacters) throw new Refusal("the checkpoint is too long");
  const split = envelope.indexOf("\n\n");
  if (split < 0 || !envelope.endsWith("\n")) throw new Refusal("the checkpoint is not a signed note");
  const note = envelope.slice(0, split + 1);
  const signatures = envelope
    .slice(split + 2, -1)
    .split("\n")
    .map(parseSignature);
  const [origin = "", size, root] = note.split("\n");
  if (size === undefined || root === undefined || !/^(?:0|[1-9]\d{0,18})$/.test(size)) {
    throw new Refusal("the checkpoint has no size and root");
  }
  return { note, origin, signatures, size: BigInt(size), root: Buffer.from(root, "base64") };
}

function parseSignature(line: string): NoteSignature {
  const [dash, name, encoded, ...rest] = line.split(" ");
  if (dash !== "\u2014" || name === undefined || encoded === undefined || rest.length > 0) {
    throw new Refusal("the checkpoint has a malformed signature line");
  }
  if (!signerName.test(name))
    throw new Refusal("the checkpoint has a signer whose name is not a host or path");
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.length < 5) throw new Refusal("the checkpoint has a signature without content");
  return { name, keyHint: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/** A log goes by its host, with or without the port, and by its path if it has one. */
function namesOf(baseUrl: string): readonly string[] {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined) return [baseUrl];
  const path = url.pathname.replace(/\/+$/, "");
  return [url.host, url.hostname, `${url.host}${path}`, `${url.hostname}${path}`];
}
