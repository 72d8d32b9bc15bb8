import type { CallOptions } from "@blob/registry";
import { PolicyError } from "../errors.js";
import { resolveRequirement, type ResolvedRequirement } from "./resolve-requirement.js";
import type { KeylessRequirement, KeyRequirement } from "./requirements.js";
import type { CheckedBundle } from "./check-bundle.js";
import { Refusal } from "./refusal.js";
import type { Artifact } from "./signed-content.js";

/** A bundle, what it has to be about, and who has to have signed. */
export type VerifyBundleOptions = (KeylessRequirement | KeyRequirement) &
  CallOptions & {
    /** The bundle's JSON, of version 0.1, 0.2 or 0.3. At most 1 MiB. */
    readonly bundle: Uint8Array;
    /**
     * The artifact's bytes, or its SHA-256 in lower-case hexadecimal digits. The digest does for every statement, and for
     * signatures over the artifact with P-256 and RSA.
     */
    readonly artifact: Artifact;
  };

/**
 * Verifies a bundle that is at hand, over any artifact: signer, witnesses, signature, and that the statement or digest is
 * about the artifact. Statements of any predicate type pass: look at the result.
 *
 * @example
 * ```ts
 * const { signer, statement } = await verifyBundle({
 *   bundle: await readFile("site.tar.sigstore.json"),
 *   artifact: { bytes: await readFile("site.tar") },
 *   identity: { issuer: "https://accounts.google.com", subject: "release@acme.example" },
 *   trustedRoot: trustedRootTuf({ cacheDirectory }),
 * });
 * ```
 *
 * @throws PolicyError `NotVerified` with the reason; `InvalidPolicy`, `InvalidKey`, `UnsupportedKey`,
 * `InvalidTrustedRoot`, and what the source of the trusted root throws.
 */
export async function verifyBundle(options: VerifyBundleOptions): Promise<CheckedBundle> {
  const { bundle, artifact } = options;
  const requirement = resolveRequirement("verifyBundle", options);
  const { trustedRoot } = requirement;
  const { checkBundle } = await import("./check-bundle.js");
  const { loadTrust } = await import("./trust-cache.js");
  const trust = trustedRoot === undefined ? undefined : await loadTrust(trustedRoot, options);
  const digestOnly = artifact.bytes === undefined && {
    isDigestSigned: (await import("./signed-digest.js")).isDigestSignedWith,
  };
  options.signal?.throwIfAborted();
  try {
    const key = requirement.kind === "key" ? requirement.key : undefined;
    const { thresholds } = requirement;
    const checked = checkBundle({ bundle, artifact, key, trust, thresholds, ...digestOnly });
    checkIdentity(requirement, checked);
    return checked;
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    throw new PolicyError("NotVerified", cause.message, { cause });
  }
}

function checkIdentity(requirement: ResolvedRequirement, { signer }: CheckedBundle): void {
  if (requirement.kind === "key") return;
  const reason = signer.kind === "certificate" ? requirement.rule(signer.claims) : "no certificate";
  if (reason !== undefined) throw new Refusal(reason);
}
