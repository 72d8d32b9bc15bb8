import { createCipheriv, createHash } from "node:crypto";

/** Bytes that do not compress: the same for the same seed. */
export function noise(size: number, seed = "noise"): Buffer {
  const key = createHash("sha256").update(seed).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

/** Text that compresses well. */
export function text(size: number, phrase = "the quick brown fox jumps over the lazy dog "): string {
  return phrase.repeat(size / phrase.length + 1).slice(0, size);
}
