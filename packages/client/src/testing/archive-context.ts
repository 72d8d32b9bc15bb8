import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Caches } from "@blob/cache";
import type { Archive } from "@blob/format";
import { createArchiveFiles, openLocalArchive } from "@blob/format/node";
import type { Registry } from "@blob/registry";
import { writeTree } from "@blob/testing";
import { onTestFinished } from "vitest";
import { noCaches } from "../caching/cache-views.js";
import type { Lifetime } from "../lifetime/lifetime.js";
import { createLifetime } from "../lifetime/lifetime.js";
import { createSharedReads } from "../caching/shared-reads.js";
import type { VerbContext } from "../verbs/verb-context.js";

/** What verbs work with when each host is a registry of the caller's own: no socket is opened. */
export function contextOf(
  registries: Readonly<Record<string, Registry>>,
  caches: Partial<Caches> = {},
): VerbContext & { readonly lifetime: Lifetime } {
  return {
    lifetime: createLifetime(),
    registries: {
      open({ place }) {
        const host = place.kind === "layout" ? "" : place.host;
        const registry = registries[host];
        if (registry === undefined) throw new Error("there is no such registry");
        return { registry, trustDomain: `https://${host}`, caches: { ...noCaches, ...caches } };
      },
      close: async () => {},
    },
    shared: createSharedReads(),
    policies: [],
  };
}

/** A local archive of files as they are, which ends with the test. */
export async function archiveOf(files: Readonly<Record<string, string>>): Promise<Archive> {
  const directory = await mkdtemp(path.join(tmpdir(), "blob-archive-of-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const source = path.join(directory, "source");
  await writeTree(source, files);
  const local = path.join(directory, "archive");
  await createArchiveFiles(source, local, { compression: "none" });
  const archive = await openLocalArchive(local);
  onTestFinished(() => archive.close());
  return archive;
}
