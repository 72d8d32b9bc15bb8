import type { Evidence } from "@blob/registry";

/** Who signed, in a few words. */
export function signerText({ signer }: Evidence): string {
  return signer.kind === "key" ? `key ${signer.fingerprint}` : `${signer.subject} (${signer.issuer})`;
}
