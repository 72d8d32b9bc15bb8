import type { CallOptions } from "@blob/registry";
import { PolicyError } from "../errors.js";
import { Refusal } from "./refusal.js";
import { parseTrustedRoot, type Trust } from "./trust-material.js";
import type { TrustedRootSource } from "./trusted-root-source.js";

const parsed = new WeakMap<Uint8Array, Trust>();

/**
 * What a source's trusted root says. Parsed once for each array that the source returns.
 *
 * @throws PolicyError `InvalidTrustedRoot`, and whatever the source throws.
 */
export async function loadTrust(source: TrustedRootSource, options: CallOptions): Promise<Trust> {
  const bytes = await source.load(options);
  const known = parsed.get(bytes);
  if (known !== undefined) return known;
  const trust = parse(bytes, source.name);
  parsed.set(bytes, trust);
  return trust;
}

function parse(bytes: Uint8Array, name: string): Trust {
  try {
    return parseTrustedRoot(bytes);
  } catch (cause) {
    const detail = cause instanceof Refusal ? cause.message : "the trusted root could not be understood";
    throw new PolicyError("InvalidTrustedRoot", `${name}: ${detail}`, { cause });
  }
}
