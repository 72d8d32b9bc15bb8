import type { RegistryErrorDetails } from "./errors.js";
import { RegistryError } from "./errors.js";

/**
 * A small body, whole. Reading stops, which frees the connection, at the first byte over the limit. Takes at most three
 * times as much memory as the body has bytes, in whatever pieces it comes: a server could send each byte by itself.
 *
 * @throws RegistryError `SizeExceeded`
 */
export async function readBounded(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  what: string,
  details?: RegistryErrorDetails,
): Promise<Uint8Array> {
  const { bytes, isCut } = await readStart(body, maxBytes);
  if (isCut) throw new RegistryError("SizeExceeded", `${what} is larger than ${maxBytes} bytes`, details);
  return bytes;
}

/** Up to so many bytes of a body, and whether there were more. */
export async function readStart(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ readonly bytes: Uint8Array; readonly isCut: boolean }> {
  let buffer = Buffer.alloc(0);
  let size = 0;
  for await (const chunk of body) {
    if (size + chunk.length > maxBytes) {
      const rest = chunk.subarray(0, maxBytes - size);
      return { bytes: Buffer.concat([buffer.subarray(0, size), rest]), isCut: true };
    }
    if (size + chunk.length > buffer.length) {
      const larger = Buffer.alloc(Math.min(maxBytes, Math.max(size + chunk.length, 2 * buffer.length)));
      buffer.copy(larger, 0, 0, size);
      buffer = larger;
    }
    buffer.set(chunk, size);
    size += chunk.length;
  }
  return { bytes: buffer.subarray(0, size), isCut: false };
}
