import { createHash } from "node:crypto";
import { lstat, readdir, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { isOpenToOthers, makePrivateDirectory, openPrivateFile, UnsafeFileError } from "@blob/core/files";
import { PolicyError } from "../errors.js";
import { maxTrustedRootBytes } from "./trusted-root-file.js";

/** Where the metadata of one mirror, and the targets that were downloaded from it, are kept. */
export interface TufCache {
  readonly folder: string;
  readonly targets: string;
  /** Whether the mirror has been asked within this time. */
  isFresh(now: Date, maxAgeMs: number): Promise<boolean>;
  /** Notes that the mirror has just been asked. */
  touch(now: Date): Promise<void>;
}

/** What an updater takes from a mirror at most, for the largest kind of metadata. */
const maxMetadataBytes = 5_000_000;

/**
 * Makes the folders. The root that trust begins with is part of the name: after a change of it nothing that was
 * verified with another one is used.
 *
 * An updater believes the `root.json` that it finds, so whoever else could have written one decides what is trusted: all
 * folders and files have to be ours, and only ours to change. Then nobody can change them after the look either.
 *
 * @throws PolicyError `TrustUnavailable` when they are not, or cannot be made: it names the path and what to do.
 */
export async function openTufCache(directory: string, mirror: URL, root: Uint8Array): Promise<TufCache> {
  const fingerprint = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const name = encodeURIComponent(`${mirror.host}${mirror.pathname.replace(/\/$/u, "")}`);
  const folder = path.join(directory, `${name}-${fingerprint}`);
  const targets = path.join(folder, "targets");
  const timestamp = path.join(folder, "timestamp.json");
  try {
    for (const one of [directory, folder, targets]) await makePrivateDirectory(one);
    await writeFile(path.join(folder, "root.json"), root, { flag: "wx", mode: 0o600 }).catch(unlessThere);
    await requirePrivateFiles(folder, /\.json$/u, maxMetadataBytes);
    await requirePrivateFiles(targets, /./u, maxTrustedRootBytes);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PolicyError("TrustUnavailable", `the trusted root of ${mirror.host} cannot be kept: ${why}`, {
      cause,
    });
  }
  return {
    folder,
    targets,
    isFresh: (now, maxAgeMs) =>
      lstat(timestamp).then(
        ({ mtimeMs }) => Math.abs(now.getTime() - mtimeMs) < maxAgeMs,
        () => false,
      ),
    touch: (now) => utimes(timestamp, now, now),
  };
}

function unlessThere(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
}

async function requirePrivateFiles(folder: string, names: RegExp, maxBytes: number): Promise<void> {
  const isEntered = ((await lstat(folder)).mode & 0o011) !== 0;
  for (const name of await readdir(folder)) {
    if (!names.test(name)) continue;
    const file = path.join(folder, name);
    const opened = await openPrivateFile(file, maxBytes);
    if (opened === undefined) continue;
    await opened.handle.close();
    // An updater writes with the modes that the umask leaves: in a folder that others cannot enter they do not matter.
    if (isEntered && isOpenToOthers(opened.stats)) {
      throw new UnsafeFileError("UnsafeFile", `${file} can be changed by other users: remove it`, {
        path: file,
      });
    }
  }
}
