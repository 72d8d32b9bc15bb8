import { createHash } from "node:crypto";
import { mkdir, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";

/** Where the metadata of one mirror, and the targets that were downloaded from it, are kept. */
export interface TufCache {
  readonly folder: string;
  readonly targets: string;
  /** Whether the mirror has been asked within this time. */
  isFresh(now: Date, maxAgeMs: number): Promise<boolean>;
  /** Notes that the mirror has just been asked. */
  touch(now: Date): Promise<void>;
}

/**
 * Makes the folders. The root that trust begins with is part of the name: after a change of it nothing that was
 * verified with another one is used.
 */
export async function openTufCache(directory: string, mirror: URL, root: Uint8Array): Promise<TufCache> {
  const fingerprint = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const name = encodeURIComponent(`${mirror.host}${mirror.pathname.replace(/\/$/u, "")}`);
  const folder = path.join(directory, `${name}-${fingerprint}`);
  const targets = path.join(folder, "targets");
  const timestamp = path.join(folder, "timestamp.json");
  await mkdir(targets, { recursive: true, mode: 0o700 });
  await writeFile(path.join(folder, "root.json"), root, { flag: "wx" }).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  });
  return {
    folder,
    targets,
    isFresh: (now, maxAgeMs) =>
      stat(timestamp).then(
        ({ mtimeMs }) => Math.abs(now.getTime() - mtimeMs) < maxAgeMs,
        () => false,
      ),
    touch: (now) => utimes(timestamp, now, now),
  };
}
