import { readBeginning } from "@blob/core/bytes";
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
  const { bytes, isCut } = await readBeginning(body, maxBytes);
  if (isCut) throw new RegistryError("SizeExceeded", `${what} is larger than ${maxBytes} bytes`, details);
  return bytes;
}
