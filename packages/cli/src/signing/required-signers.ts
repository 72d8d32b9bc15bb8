import type { Policy } from "@blob/registry";
import type { SignerIdentity } from "@blob/sigstore-policy";
import type { Run } from "../settings/run.js";
import { UsageError } from "../errors/usage-error.js";
import { readText } from "./signer.js";
import type { TrustFlags } from "./trusted-root.js";
import { trustedRootOf } from "./trusted-root.js";

/** Who has to have signed, as flags say it. */
export interface RequiredSignerFlags extends TrustFlags {
  readonly key?: string;
  readonly issuer?: string;
  readonly identity?: string;
  readonly repo?: string;
  readonly branches?: readonly string[];
  readonly tags?: readonly string[];
}

/** One policy for each kind of signer that the flags ask for: all of them have to hold. */
export async function requiredSigners(session: Run, flags: RequiredSignerFlags): Promise<Policy[]> {
  const { key, repo, branches, tags } = flags;
  const identity = identityOf(flags);
  if (repo === undefined && (branches !== undefined || tags !== undefined)) {
    throw new UsageError("--branches and --tags are those of a repository: they need --repo");
  }
  if (key === undefined && identity === undefined && repo === undefined) return [];
  const { githubActionsPolicy, publicKeyPolicy, sigstorePolicy } = await import("@blob/sigstore-policy");
  const trustedRoot = await trustedRootOf(session, flags);
  return [
    ...(key === undefined
      ? []
      : [
          publicKeyPolicy({
            key: await readText("--key", key),
            // Only a trusted root that was asked for: a key needs none.
            ...(flags.trustedRoot !== undefined && { trustedRoot }),
          }),
        ]),
    ...(identity === undefined ? [] : [sigstorePolicy({ identity, trustedRoot })]),
    ...(repo === undefined ? [] : [githubActionsPolicy(repo, { branches, tags, trustedRoot })]),
  ];
}

/** Neither without the other: an issuer alone lets everybody in whom it knows. */
export function identityOf({
  issuer,
  identity,
}: Pick<RequiredSignerFlags, "issuer" | "identity">): SignerIdentity | undefined {
  if (issuer === undefined && identity === undefined) return undefined;
  if (issuer === undefined || identity === undefined) {
    throw new UsageError("--issuer and --identity go together: each alone would let others in");
  }
  return { issuer, subject: identity };
}
