import path from "node:path";
import type { TrustedRootSource } from "@blob/sigstore-policy";
import { NoHomeError } from "../errors/no-home-error.js";
import type { Run } from "../settings/run.js";

export interface TrustFlags {
  readonly trustedRoot?: string;
  readonly offline?: boolean;
}

/** A file that a flag or `BLOB_TRUSTED_ROOT` names, or else the public instance's trusted root, kept below the cache directory. Nothing is read before it is needed. */
export async function trustedRootOf(
  { settings, io }: Pick<Run, "settings" | "io">,
  flags: TrustFlags,
): Promise<TrustedRootSource> {
  const { trustedRootFile, trustedRootTuf } = await import("@blob/sigstore-policy");
  const file = flags.trustedRoot ?? io.env["BLOB_TRUSTED_ROOT"] ?? "";
  if (file !== "") return trustedRootFile(file);
  const { offline } = flags;
  if (settings.cacheDirectory.value === undefined) return withoutHome;
  return trustedRootTuf({ cacheDirectory: path.join(settings.cacheDirectory.value, "sigstore"), offline });
}

/** An error only for those who need a trusted root: keys can do without. */
const withoutHome: TrustedRootSource = {
  name: "the public Sigstore",
  load: () =>
    Promise.reject(
      new NoHomeError("the trusted root", "give --trusted-root, or say with BLOB_CACHE_DIR where it is kept"),
    ),
};
