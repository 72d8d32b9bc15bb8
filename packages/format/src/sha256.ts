import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

/** Computes SHA-256. An own one is passed to `openArchive` where a runtime has something faster than JavaScript. */
export interface Sha256 {
  /** The 32 bytes for content that is there. */
  hash(content: Uint8Array): Uint8Array;
  /** For content that arrives in pieces. */
  create(): Sha256Hasher;
}

/** A hash that is being computed. */
export interface Sha256Hasher {
  /** Keeps no reference to `chunk`. */
  update(chunk: Uint8Array): void;
  /** The 32 bytes. To be called once, at the end. */
  digest(): Uint8Array;
}

/** SHA-256 in plain JavaScript: runs everywhere. */
export const portableSha256: Sha256 = {
  hash: (content) => nobleSha256(content),
  create() {
    const hasher = nobleSha256.create();
    return {
      update(chunk) {
        hasher.update(chunk);
      },
      digest: () => hasher.digest(),
    };
  },
};
