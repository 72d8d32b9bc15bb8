import type { ArchiveManifest } from "@blob/client";
import type { HttpTrace, Manifest } from "@blob/registry";
import type { Checklist } from "./check.js";
import { skipped } from "./check.js";
import type { Subject } from "./registry-checks.js";
import {
  checkBlobHead,
  checkManifestHead,
  checkRange,
  checkReferrers,
  readArchive,
  readManifest,
} from "./registry-checks.js";

/** What the checks that follow build on. */
export interface ArchiveDiagnosis {
  readonly manifest: Manifest | undefined;
  /** Hosts that blobs were redirected to. */
  readonly redirects: readonly string[];
}

/** The checks that {@link diagnoseArchive} makes. */
export const archiveChecks: readonly string[] = [
  "manifest",
  "manifest-head",
  "archive",
  "blob-head",
  "range-cold",
  "range-warm",
  "referrers",
];

/** Looks at an archive and at how it can be read, wherever it is. `requests` gives what went over the wire since it was called. */
export async function diagnoseArchive(
  subject: Subject,
  list: Checklist,
  requests: () => readonly HttpTrace[],
): Promise<ArchiveDiagnosis> {
  const seen: { manifest?: Manifest; archive?: ArchiveManifest } = {};
  const redirects = new Set<string>();
  const watched = (): readonly HttpTrace[] => {
    const taken = requests();
    for (const { redirectHost } of taken) if (redirectHost !== undefined) redirects.add(redirectHost);
    return taken;
  };
  await list.check("manifest", async () => {
    const found = await readManifest(subject);
    seen.manifest = found.manifest;
    return found.finding;
  });
  const { manifest } = seen;
  const noManifest = skipped("needs the manifest");
  await list.check("manifest-head", () =>
    manifest === undefined ? noManifest : checkManifestHead(subject, manifest),
  );
  await list.check("archive", () => {
    if (manifest === undefined) return noManifest;
    const found = readArchive(subject, manifest);
    seen.archive = found.archive;
    return found.finding;
  });
  const { archive } = seen;
  const noArchive = skipped("needs an archive");
  await list.check("blob-head", () => (archive === undefined ? noArchive : checkBlobHead(subject, archive)));
  for (const name of ["range-cold", "range-warm"]) {
    await list.check(name, () => (archive === undefined ? noArchive : checkRange(subject, archive, watched)));
  }
  await list.check("referrers", () =>
    manifest === undefined ? noManifest : checkReferrers(subject, manifest, watched),
  );
  return { manifest, redirects: [...redirects] };
}
