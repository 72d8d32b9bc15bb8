import path from "node:path";
import type { TrustedRootSource } from "@blob/sigstore-policy";
import type { Session } from "../session.js";

export interface TrustFlags {
  readonly trustedRoot?: string;
  readonly offline?: boolean;
}

/** A file, or else the public instance's trusted root, kept below the cache directory. Nothing is read before it is needed. */
export async function trustedRootOf(
  { settings }: Pick<Session, "settings">,
  { trustedRoot, offline }: TrustFlags,
): Promise<TrustedRootSource> {
  const { trustedRootFile, trustedRootTuf } = await import("@blob/sigstore-policy");
  if (trustedRoot !== undefined) return trustedRootFile(trustedRoot);
  return trustedRootTuf({ cacheDirectory: path.join(settings.cacheDirectory.value, "sigstore"), offline });
}
