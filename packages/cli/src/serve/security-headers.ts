import { createHash } from "node:crypto";

/** On every answer. */
export const commonHeaders: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "x-frame-options": "DENY",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

/** For who is not answered. */
export const refusalHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
};

/**
 * For bytes out of the archive, which may be hostile. `sandbox` gives a document an origin of its own and no scripts: what
 * it contains can neither run nor read anything of this server.
 */
export function contentHeaders(embeddable: boolean): Readonly<Record<string, string>> {
  return {
    "content-security-policy":
      "sandbox; default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; media-src 'self'; " +
      "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    // Documents in a sandbox have no origin: their own pictures and styles come from another one.
    "cross-origin-resource-policy": embeddable ? "cross-origin" : "same-origin",
  };
}

/** For pages of our own: exactly these styles and scripts, and pictures and media of this server. */
export function pageHeaders(style: string, script: string | undefined): Readonly<Record<string, string>> {
  const scripts = script === undefined ? "'none'" : hashOf(script);
  return {
    "content-security-policy":
      `default-src 'none'; style-src ${hashOf(style)}; script-src ${scripts}; img-src 'self'; media-src 'self'; ` +
      "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
  };
}

function hashOf(source: string): string {
  return `'sha256-${createHash("sha256").update(source).digest("base64")}'`;
}
