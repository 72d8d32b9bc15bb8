import type { Hash } from "node:crypto";
import { createHash } from "node:crypto";
import type { BlobId, Digest } from "./descriptor.js";
import type { RegistryErrorDetails } from "./errors.js";
import { RegistryError } from "./errors.js";
import { messageText } from "@blob/core/text";

/** The algorithms that image-spec registers and that can be verified here. */
export type DigestAlgorithm = "sha256" | "sha512";

/** A digest in its two parts. */
export interface ParsedDigest {
  /** What the hash was made with. */
  readonly algorithm: DigestAlgorithm;
  /** Lower case. */
  readonly hex: string;
}

const grammar = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/u;

/** Whether a text is a digest that can be verified: sha256 or sha512, lower-case hexadecimal, of the right length. */
export function isDigest(text: string): text is Digest {
  return grammar.test(text);
}

/**
 * The two parts of a digest.
 *
 * @throws RegistryError `InvalidReference`
 */
export function parseDigest(text: string): ParsedDigest {
  if (!isDigest(text)) {
    const message = `"${messageText(text)}" is not a digest: write sha256: and 64, or sha512: and 128, hexadecimal digits (0-9, a-f)`;
    throw new RegistryError("InvalidReference", message, { reference: text });
  }
  return { algorithm: text.startsWith("sha256:") ? "sha256" : "sha512", hex: text.slice(7) };
}

/** The sha256 digest of bytes. */
export function sha256Digest(bytes: Uint8Array): Digest {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The digest of bytes by the algorithm of another digest, to compare the two. */
export function digestLike(digest: Digest, bytes: Uint8Array): Digest {
  const { algorithm } = parseDigest(digest);
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** Follows the bytes of a blob and refuses the first one too many, and any end that is not the blob's. */
export interface BlobVerifier {
  /** Takes the next bytes. They are known to be good only after `end`. */
  update(chunk: Uint8Array): void;
  end(): void;
}

/**
 * Verifies the size and digest of a blob while its bytes pass.
 *
 * @throws RegistryError `DigestMismatch`, from `update` and `end`; `InvalidReference` for a digest of another kind.
 */
export function createBlobVerifier(blob: BlobId, details: RegistryErrorDetails = {}): BlobVerifier {
  const { algorithm } = parseDigest(blob.digest);
  const hash: Hash = createHash(algorithm);
  let size = 0;
  const mismatch = (why: string): RegistryError =>
    new RegistryError("DigestMismatch", `blob ${blob.digest}: ${why}; do not use these bytes`, {
      ...details,
      digest: blob.digest,
    });
  return {
    update(chunk) {
      size += chunk.length;
      if (size > blob.size) throw mismatch(`got more than its ${blob.size} bytes`);
      hash.update(chunk);
    },
    end() {
      if (size !== blob.size) throw mismatch(`got ${size} of its ${blob.size} bytes`);
      const actual = `${algorithm}:${hash.digest("hex")}`;
      if (actual !== blob.digest) throw mismatch(`the content has the digest ${actual}`);
    },
  };
}

/**
 * The same bytes, as a stream that throws `DigestMismatch` instead of ending when they are not the blob's. Nothing is
 * held back: whoever cannot bear unverified bytes has to wait for the end.
 */
export async function* verified(
  bytes: AsyncIterable<Uint8Array>,
  blob: BlobId,
  details?: RegistryErrorDetails,
): AsyncGenerator<Uint8Array, void, undefined> {
  const verifier = createBlobVerifier(blob, details);
  for await (const chunk of bytes) {
    verifier.update(chunk);
    yield chunk;
  }
  verifier.end();
}
