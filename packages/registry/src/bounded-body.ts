import type { RegistryErrorDetails } from "./errors.js";
import { RegistryError } from "./errors.js";

/**
 * A small body, whole. Reading stops, which frees the connection, at the first byte over the limit.
 *
 * @throws RegistryError `SizeExceeded`
 */
export async function readBounded(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  what: string,
  details?: RegistryErrorDetails,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes)
      throw new RegistryError("SizeExceeded", `${what} is larger than ${maxBytes} bytes`, details);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
