import { PolicyError } from "../errors.js";
import { asOneDocument } from "./trusted-root-lines.js";
import { readBeginning } from "../read-beginning.js";
import type { TrustedRootSource } from "../verify/trusted-root-source.js";

/** The public instance's has 7 KB. */
export const maxTrustedRootBytes: number = 4 * 1024 * 1024;

/**
 * A trusted root in a file (`trusted_root.json`), or several of them, one a line, as `gh attestation trusted-root` writes
 * them: whoever one of them names is trusted. Read at its first use and kept. What cannot be read is tried again
 * the next time.
 *
 * @example
 * ```ts
 * const trustedRoot = trustedRootFile("trusted_root.json");
 * ```
 *
 * @throws PolicyError `TrustUnavailable` from `load`.
 */
export function trustedRootFile(path: string): TrustedRootSource {
  let kept: Uint8Array | undefined;
  return {
    name: path,
    load: async ({ signal } = {}) => {
      signal?.throwIfAborted();
      kept ??= await readBounded(path);
      return kept;
    },
  };
}

/**
 * A trusted root that is in memory already. The bytes are not copied.
 *
 * @throws PolicyError `TrustUnavailable` from `load`, when they are another document.
 */
export function trustedRootBytes(bytes: Uint8Array): TrustedRootSource {
  return {
    name: "the given trusted root",
    load: async ({ signal } = {}) => {
      signal?.throwIfAborted();
      checkIsDocument(bytes, "the given trusted root");
      return bytes;
    },
  };
}

async function readBounded(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readBeginning(path, maxTrustedRootBytes);
  } catch (cause) {
    throw new PolicyError("TrustUnavailable", `the trusted root ${path} cannot be read`, { cause });
  }
  const one = asOneDocument(bytes, `the trusted root ${path}`);
  checkIsDocument(one, `the trusted root ${path}`);
  return one;
}

/** The verifier checks what it says; a file of another kind is told apart here, where its name is known. */
export function checkIsDocument(bytes: Uint8Array, what: string): void {
  if (bytes.length > maxTrustedRootBytes) {
    throw new PolicyError("TrustUnavailable", `${what} is larger than ${maxTrustedRootBytes} bytes`);
  }
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new PolicyError("TrustUnavailable", `${what} is not JSON`);
  }
  if (typeof document !== "object" || document === null || !("mediaType" in document)) {
    throw new PolicyError("TrustUnavailable", `${what} is not a trusted root: it has no media type`);
  }
  if (!String(document.mediaType).startsWith("application/vnd.dev.sigstore.trustedroot")) {
    throw new PolicyError("TrustUnavailable", `${what} is a Sigstore document of another kind`);
  }
}
