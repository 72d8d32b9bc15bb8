import { PolicyError } from "../errors.js";

/** The largest keys that are accepted (RSA with 16384 bits, encrypted) are a fifth of it. */
export const maxKeyFileBytes: number = 64 * 1024;

/** One block of a PEM file (RFC 7468). */
export interface PemBlock {
  readonly label: string;
  readonly der: Uint8Array;
}

const blockPattern = /-----BEGIN ([A-Z0-9 ]{1,64})-----([^-]*)-----END ([A-Z0-9 ]{1,64})-----/gu;

/**
 * The only key of a PEM file. Text around the block and the curve parameters that `openssl ecparam` writes before a
 * key are passed over.
 *
 * @throws PolicyError `InvalidKey` for anything but one block; the message never quotes the file.
 */
export function parsePem(input: string | Uint8Array, what: string): PemBlock {
  if (input.length > maxKeyFileBytes) {
    throw new PolicyError("InvalidKey", `${what} is larger than ${maxKeyFileBytes} bytes: that is no key`);
  }
  const text = typeof input === "string" ? input : Buffer.from(input).toString("latin1");
  if (text.includes("Proc-Type: 4,ENCRYPTED")) {
    const message = `${what} is encrypted in OpenSSL's old format: convert it with "openssl pkcs8 -topk8"`;
    throw new PolicyError("UnsupportedKey", message);
  }
  const blocks = [...text.matchAll(blockPattern)].filter(([, label]) => label !== "EC PARAMETERS");
  const [block, ...others] = blocks;
  const [, label, body, end] = block ?? [];
  if (label === undefined || body === undefined) {
    throw new PolicyError(
      "InvalidKey",
      `${what} is not in PEM format: it has no -----BEGIN … KEY----- block`,
    );
  }
  if (others.length > 0) {
    throw new PolicyError("InvalidKey", `${what} has ${blocks.length} PEM blocks: give a file with one key`);
  }
  if (label !== end) throw new PolicyError("InvalidKey", `${what} has a PEM block whose ends do not match`);
  return { label, der: decodeBase64(body, what) };
}

/** @param label As it stands between the dashes. */
export function encodePem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/gu) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function decodeBase64(body: string, what: string): Uint8Array {
  const text = body.replaceAll(/\s/gu, "");
  const bytes = Buffer.from(text, "base64");
  if (bytes.length === 0 || bytes.toString("base64") !== text) {
    throw new PolicyError("InvalidKey", `${what} has a PEM block that is not base64`);
  }
  return bytes;
}
