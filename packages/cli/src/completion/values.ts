import { splitCpSource } from "../cp-source.js";
import type { Session } from "../session/session.js";
import type { Candidate } from "./candidate.js";
import type { WordKind } from "./word-kind.js";

interface Asked {
  /** When these are all that there is. */
  readonly choices: readonly string[] | undefined;
  readonly kind: WordKind | undefined;
  /** The command's first argument. */
  readonly reference: string;
  readonly word: string;
}

/** Values of an argument or a flag. */
export async function valuesOf(
  session: Session,
  { choices, kind, reference, word }: Asked,
): Promise<readonly Candidate[]> {
  if (choices !== undefined) return choices.map((value) => ({ value }));
  const aliases = Object.entries(session.config.config.aliases ?? {});
  switch (kind) {
    case "alias":
      return aliases.map(([value, description]) => ({ value, description }));
    case "reference": {
      const tags = await orNone(session, word, async () => (await import("./tags.js")).tagsOf(session, word));
      return [...aliases.map(([value, description]) => ({ value, description })), ...tags];
    }
    case "archivePath":
      return pathsOrNone(session, reference, word);
    case "copySource": {
      const source = splitCpSource(word);
      if (source === undefined) {
        return aliases.map(([name, description]) => ({ value: `${name}:/`, description }));
      }
      const paths = await pathsOrNone(session, source.reference, source.path);
      return paths.map(({ value }) => ({ value: `${source.reference}:${value}` }));
    }
    case "other":
    case undefined:
      return [];
  }
}

/** An archive that cannot be read without the network has none. */
function pathsOrNone(session: Session, reference: string, word: string): Promise<readonly Candidate[]> {
  return orNone(session, reference, async () =>
    (await import("./archive-paths.js")).archivePaths(session, reference, word),
  );
}

/** Nobody wants to read an error in a line that is being typed; `-v` says it. */
async function orNone(
  session: Session,
  reference: string,
  find: () => Promise<readonly Candidate[]>,
): Promise<readonly Candidate[]> {
  try {
    return await find();
  } catch (error) {
    session.output.detail(`${reference}: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}
