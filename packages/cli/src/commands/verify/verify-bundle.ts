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
  const bundles = bundlesIn(await readText("--bundle", flags.bundle), flags.bundle);
  const { isPolicyError, verifyBundle } = await import("@blob/sigstore-policy");
  const trustedRoot = await trustedRootOf(session, flags);
  const { digest, bytes } = await readArtifact(artifact);
  const what = { artifact: bytes === undefined ? { sha256: digest } : { bytes }, signal };
  const who =
    identity === undefined
      ? {
          key: await readText("--key", flags.key ?? ""),
          // Whoever has the key needs no log, but what the bundle has of one must hold.
          ...(flags.trustedRoot !== undefined && { trustedRoot, thresholds: { logEntries: 0 } }),
        }
      : { identity, trustedRoot };
  const { signer } = await firstOf(
    bundles,
    (bundle) => verifyBundle({ ...what, ...who, bundle }),
    isPolicyError,
  );
  await output.result(
    { artifact, digest: `sha256:${digest}`, verified: true, signer: signer.kind, status: "success" },
    () => [`Verified ${artifact}`, `Digest: sha256:${digest}`],
  );
}

/** More than anybody attests of one artifact. */
const maxBundles = 1000;

/** The bundle of a file, or those of a file with one a line, as `gh attestation download` writes it. */
function bundlesIn(text: string, file: string): readonly Uint8Array[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const isOneEach = lines.length > 1 && lines.every((line) => /^\s*\{.*\}\s*$/u.test(line));
  if (!isOneEach) return [Buffer.from(text)];
  if (lines.length > maxBundles) {
    throw new UsageError(
      `--bundle ${file}: it has ${String(lines.length)} lines, and at most ${String(maxBundles)} are tried`,
    );
  }
  return lines.map((line) => Buffer.from(line));
}

/** What the first bundle that holds proves; when none does, why the first one does not. */
async function firstOf<T>(
  bundles: readonly Uint8Array[],
  check: (bundle: Uint8Array) => Promise<T>,
  isPolicyError: (error: unknown) => error is Error & { readonly code: string },
): Promise<T> {
  let refusal: unknown;
  for (const bundle of bundles) {
    try {
      return await check(bundle);
    } catch (error) {
      if (!isPolicyError(error) || error.code !== "NotVerified") throw error;
      refusal ??= error;
    }
  }
  throw refusal;
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
