import { expandAlias } from "../config/aliases.js";
import type { Session } from "../session/session.js";
import type { Candidate } from "./candidate.js";

/** Who presses a key waits: what takes longer is not worth it. */
const maxWaitMs = 2000;
/** More than anybody looks through. */
const maxTags = 500;

/**
 * `REPOSITORY:TAG` with the tags of the repository that `word` names before its last colon. A registry is asked for its
 * list, for at most two seconds, with the credentials that are kept for it: those of flags and environment are for
 * registries of commands that somebody means to run.
 */
export async function tagsOf(session: Session, word: string): Promise<readonly Candidate[]> {
  const [, repository = ""] = /^(.+):[\w.-]*$/su.exec(word) ?? [];
  // Not by the session, which would take the registry for one that the command is about.
  const target = expandAlias(repository, session.config.config.aliases);
  // Without it the colon is the one before a port, or behind `oci`.
  if (!target.includes("/")) return [];
  const signal = AbortSignal.any([session.signal, AbortSignal.timeout(maxWaitMs)]);
  const tags: Candidate[] = [];
  for await (const tag of (await session.client()).tags(target, { signal })) {
    tags.push({ value: `${repository}:${tag}` });
    if (tags.length === maxTags) break;
  }
  return tags;
}
