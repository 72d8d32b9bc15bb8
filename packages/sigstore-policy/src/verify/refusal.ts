/** Why a bundle does not do. It stays inside the verifier, which turns everything thrown into a refusal. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** The values of a message come from bundles and certificates: one line, no control characters, not too long. */
export function shown(value: string): string {
  const clean = value.replace(/[^\x20-\x7e]/g, "?");
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
}
