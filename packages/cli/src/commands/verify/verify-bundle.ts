import { createReadStream } from "node:fs";
import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { Session } from "../../session/session.js";
import { readText } from "../../signing/signer.js";
import { identityOf } from "../../signing/required-signers.js";
import type { TrustFlags } from "../../signing/trusted-root.js";
import { trustedRootOf } from "../../signing/trusted-root.js";
import { UsageError } from "../../errors/usage-error.js";

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
  const { digest, bytes } = await readArtifact(artifact);
  const what = { bundle, artifact: bytes === undefined ? { sha256: digest } : { bytes }, signal };
  const { signer } =
    identity === undefined
      ? await verifyBundle({
          ...what,
          key: await readText("--key", flags.key ?? ""),
          // Whoever has the key needs no log, but what the bundle has of one must hold.
          ...(flags.trustedRoot !== undefined && { trustedRoot, thresholds: { logEntries: 0 } }),
        })
      : await verifyBundle({ ...what, identity, trustedRoot });
  await output.result(
    { artifact, digest: `sha256:${digest}`, verified: true, signer: signer.kind, status: "success" },
    () => [`Verified ${artifact}`, `Digest: sha256:${digest}`],
  );
}

/** Some signatures can only be verified over the bytes; what is larger goes by its digest. */
const maxBytesInMemory = 64 * 1024 * 1024;

async function readArtifact(artifact: string): Promise<{ digest: string; bytes?: Uint8Array }> {
  const given = /^sha256:([0-9a-f]{64})$/u.exec(artifact)?.[1];
  if (given !== undefined) return { digest: given };
  const hash = createHash("sha256");
  try {
    if ((await stat(artifact)).size <= maxBytesInMemory) {
      const bytes = await readFile(artifact);
      return { digest: hash.update(bytes).digest("hex"), bytes };
    }
    await pipeline(createReadStream(artifact), hash);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${artifact}: ${why}`, { cause: error });
  }
  return { digest: hash.digest("hex") };
}
