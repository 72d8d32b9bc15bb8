import { createClient } from "@blob/client";
import type { Archive } from "@blob/format";
import { normalizePath } from "@blob/format";
import { cacheOptionsOf } from "../session/cache-options.js";
import type { Session } from "../session/session.js";
import { saidPlainHttp } from "../settings/settings.js";
import type { Candidate } from "./candidate.js";

/**
 * What a path in an archive can go on with: names of the directory that `word` is in, directories with a slash. Only of
 * archives on this machine, and of those whose manifest and index are in the caches: the network is never asked.
 * None when a policy of the configuration is about the archive, or has to be: to ask it might need the network, and what
 * was not accepted is not shown.
 */
export async function archivePaths(
  session: Session,
  reference: string,
  word: string,
): Promise<readonly Candidate[]> {
  const { config, signal } = session;
  const expanded = session.expand(reference);
  const { policies = [], policy_default: otherwise, aliases } = config.config;
  if (otherwise === "refuse") return [];
  if (policies.length > 0) {
    const { matchingRules } = await import("../config/match-reference.js");
    if (matchingRules(policies, reference, aliases).length > 0) return [];
  }
  if (expanded.startsWith("file:")) {
    const { openLocalArchive } = await import("@blob/format/node");
    const archive = await openLocalArchive(expanded.slice("file:".length), { signal });
    try {
      return namesIn(archive, word);
    } finally {
      await archive.close();
    }
  }
  // What caches know belongs to the way to a registry: the same as that of the reads.
  const plainHttp = saidPlainHttp(session.settings);
  const client = createClient({ offline: true, plainHttp, ...cacheOptionsOf(session) });
  try {
    const archive = await client.pull(expanded, { signal });
    return namesIn(archive, word);
  } finally {
    await client.close();
  }
}

function namesIn(archive: Archive, word: string): readonly Candidate[] {
  const directory = word.slice(0, word.lastIndexOf("/") + 1);
  return (
    archive
      .readDirectory(normalizePath(directory))
      .map(({ kind, name }) => ({ value: `${directory}${name}${kind === "directory" ? "/" : ""}` }))
      // Would be a flag; with a slash before it, it is a path.
      .filter(({ value }) => !value.startsWith("-"))
  );
}
