import { Readable } from "node:stream";
import { readPrivateFile } from "@blob/core/files";
import { isSafe } from "../bounded-request.js";
import { PolicyError } from "../errors.js";
import { untilAborted } from "@blob/core/abort";
import type { TrustedRootSource } from "../verify/trusted-root-source.js";
import { checkIsDocument, maxTrustedRootBytes } from "./trusted-root-file.js";
import { openTufCache } from "./tuf-cache.js";
import { createTufFetcher } from "./tuf-fetcher.js";

const publicMirror = "https://tuf-repo-cdn.sigstore.dev";
const targetName = "trusted_root.json";
/** As long as other Sigstore clients go without asking the mirror. */
const dayMs = 24 * 60 * 60 * 1000;
/** A process looks into its cache again after this time, so that metadata which has expired since is noticed. */
const keepMs = 10 * 60 * 1000;

/** Another TUF repository than the public one. */
export interface TufMirror {
  /** https, or http on a loopback address. */
  readonly url: string;
  /** Its `root.json`, had in a way that is trusted: all trust begins with it. */
  readonly root: Uint8Array;
}

/** Where the trusted root is kept, and whom it comes from. */
export interface TrustedRootTufOptions {
  /**
   * Where metadata and targets are kept; made when it is missing. Who can write there decides what is trusted: one that is
   * a link, belongs to somebody else or can be changed by others is refused, with `TrustUnavailable`, and so is what is in
   * it.
   */
  readonly cacheDirectory: string;
  /** Default: the public Sigstore instance, with the root that is part of this package. */
  readonly mirror?: TufMirror | undefined;
  /** Uses the cache alone. What is missing or has expired is an error. Default `false`. */
  readonly offline?: boolean | undefined;
  /** How long the cache is used before the mirror is asked again, in milliseconds; never beyond its expiry. Default: a day. */
  readonly maxAgeMs?: number | undefined;
  /** Default: the system's clock. Expiry is always judged by the system's. */
  readonly now?: (() => Date) | undefined;
}

/**
 * The trusted root from a TUF repository: signed by thresholds of keys, protected against rollback, and refused once
 * its metadata has expired. Nothing is loaded or asked before the first use; then a warm cache costs no request.
 *
 * @example
 * ```ts
 * const trustedRoot = trustedRootTuf({ cacheDirectory: path.join(homedir(), ".cache", "acme", "sigstore") });
 * ```
 *
 * @throws PolicyError `InvalidPolicy` for a mirror that is not reached over https; `TrustUnavailable` from `load`.
 */
export function trustedRootTuf(options: TrustedRootTufOptions): TrustedRootSource {
  const { url = publicMirror } = options.mirror ?? {};
  if (!URL.canParse(url) || !isSafe(new URL(url))) {
    throw new PolicyError("InvalidPolicy", "the TUF mirror has to be an https URL");
  }
  const mirror = new URL(url);
  const now = options.now ?? (() => new Date());
  let kept: { readonly bytes: Uint8Array; readonly at: number } | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const load = async (signal: AbortSignal | undefined): Promise<Uint8Array> => {
    signal?.throwIfAborted();
    if (kept !== undefined && Math.abs(now().getTime() - kept.at) < keepMs) return kept.bytes;
    const bytes = await update(mirror, options, now, signal);
    const isSame = kept !== undefined && Buffer.compare(kept.bytes, bytes) === 0;
    kept = { bytes: isSame && kept !== undefined ? kept.bytes : bytes, at: now().getTime() };
    return kept.bytes;
  };

  return {
    name: mirror.host,
    load: ({ signal } = {}) => {
      // One at a time: two updaters would write the same files, and the second finds what the first has brought.
      const loading = last.then(() => load(signal));
      last = loading.catch(() => {});
      return untilAborted(loading, signal);
    },
  };
}

async function update(
  mirror: URL,
  options: TrustedRootTufOptions,
  now: () => Date,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { cacheDirectory, offline = false, maxAgeMs = dayMs } = options;
  const what = `the trusted root of ${mirror.host}`;
  try {
    const { publicRoot, Updater } = await import("./tuf-js.js");
    const cache = await openTufCache(
      cacheDirectory,
      mirror,
      options.mirror?.root ?? Buffer.from(publicRoot, "base64"),
    );
    const isFresh = await cache.isFresh(now(), maxAgeMs);
    const base = mirror.href.replace(/\/$/u, "");
    const updater = new Updater({
      metadataBaseUrl: base,
      targetBaseUrl: `${base}/targets`,
      metadataDir: cache.folder,
      targetDir: cache.targets,
      forceCache: offline || isFresh,
      fetcher: await createTufFetcher({ offline, signal }),
    });
    const target = await updater.getTargetInfo(targetName);
    if (target === undefined || target.length > maxTrustedRootBytes) {
      throw new PolicyError("TrustUnavailable", `${what} is not in its TUF repository, or is too large`);
    }
    const file = (await updater.findCachedTarget(target)) ?? (await updater.downloadTarget(target));
    const bytes = await readPrivateFile(file, maxTrustedRootBytes);
    if (bytes === undefined)
      throw new PolicyError("TrustUnavailable", `${what} is gone from ${file}: try again`);
    // What was verified is what was in the file then: another process may be writing it anew.
    await target.verify(Readable.from([bytes]));
    checkIsDocument(bytes, what);
    if (!offline && !isFresh) await cache.touch(now());
    return bytes;
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof PolicyError) throw cause;
    const advice = offline
      ? `is not in the cache ${cacheDirectory}, or has expired there: run once without --offline`
      : "could not be brought up to date";
    throw new PolicyError("TrustUnavailable", `${what} ${advice}`, { cause });
  }
}
