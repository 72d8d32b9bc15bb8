import { createReadStream } from "node:fs";
import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import type { Session } from "../session.js";
import { readText } from "../signing/signer.js";
import { identityOf } from "../signing/required-signers.js";
import type { TrustFlags } from "../signing/trusted-root.js";
import { trustedRootOf } from "../signing/trusted-root.js";
import { UsageError } from "../usage-error.js";

export interface VerifyBundleFlags extends TrustFlags {
  readonly bundle: string;
  readonly key?: string;
  readonly issuer?: string;
  readonly identity?: string;
}

/** Verifies a bundle over any artifact: no registry, no archive. */
export async function verifyBundleFile(
  session: Session,
  artifact: string,
  flags: VerifyBundleFlags,
): Promise<void> {
  const { output, signal } = session;
  const identity = identityOf(flags);
  if ((identity === undefined) === (flags.key === undefined)) {
    throw new UsageError("say who has to have signed: either --key, or --issuer and --identity");
  }
  const bundle = Buffer.from(await readText("--bundle", flags.bundle));
  const { verifyBundle } = await import("@blob/sigstore-policy");
  const trustedRoot = await trustedRootOf(session, flags);
  const digest = await digestOf(artifact);
  const what = { bundle, artifact: { sha256: digest }, signal };
  const { signer } =
    identity === undefined
      ? await verifyBundle({
          ...what,
          key: await readText("--key", flags.key ?? ""),
          ...(flags.trustedRoot !== undefined && { trustedRoot }),
        })
      : await verifyBundle({ ...what, identity, trustedRoot });
  await output.result(
    { artifact, digest: `sha256:${digest}`, verified: true, signer: signer.kind, status: "success" },
    () => [`Verified ${artifact}`, `Digest: sha256:${digest}`],
  );
}

async function digestOf(artifact: string): Promise<string> {
  const given = /^sha256:([0-9a-f]{64})$/u.exec(artifact)?.[1];
  if (given !== undefined) return given;
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(artifact), hash);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${artifact}: ${why}`, { cause: error });
  }
  return hash.digest("hex");
}
