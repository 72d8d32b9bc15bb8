import type { CreateProgress } from "@blob/format/node";
import type { Registry } from "@blob/registry";
import type { Comparison } from "./known-archive.js";
import { compareWith, lookAtTag } from "./known-archive.js";

/**
 * For more files than these, the repository is looked at as soon as that is known, while they are archived. Less takes no
 * more requests than it has to: it is held until it is complete.
 */
const unaskedBytes = 16 * 1024 * 1024;

/** An archive of which so much has the files of the one that is there is taken for the same. */
const comparedBytes = 1024 * 1024;

/** Finds out, while an archive is made, whether the repository may have its data already. */
export interface StreamDecision {
  /** Takes the next step of creating. When that says that there is much, the repository is looked at. */
  follow(progress: CreateProgress): void;
  /** Looks at the repository, if nobody has. Resolves when that is done. */
  look(): Promise<void>;
  /** Whether what was made, so many bytes, is to be sent at once; undefined where it is too early to tell. */
  isToStream(madeBytes: number): boolean | undefined;
  /** Resolves when nothing is asked any more. */
  settle(): Promise<void>;
}

/** @param signal Aborted when nobody needs the answer any more. */
export function createStreamDecision(
  registry: Registry,
  repository: string,
  tag: string,
  signal: AbortSignal,
): StreamDecision {
  const steps: CreateProgress[] = [];
  let looking: Promise<void> | undefined;
  let known: Comparison | "nothing" | "something" | undefined;

  async function begin(): Promise<void> {
    const found = await lookAtTag(registry, repository, tag, signal);
    known = found.kind === "archive" ? compareWith(found.files) : found.kind;
    if (typeof known !== "string") for (const step of steps.splice(0)) known.follow(step);
  }

  function look(): Promise<void> {
    looking ??= begin();
    // Whoever waits for it gets its error.
    looking.catch(() => {});
    return looking;
  }

  return {
    follow(step) {
      if (known === undefined) steps.push(step);
      else if (typeof known !== "string") known.follow(step);
      // A total that is not known yet, while files are compressed, is a large one.
      const isLarge = Math.max(step.bytesDone, step.bytesTotal) > unaskedBytes;
      if (isLarge || (step.stage === "compressing" && step.filesTotal === 0)) void look();
    },
    look,
    isToStream(madeBytes) {
      if (known === undefined || typeof known === "string") return known && known === "nothing";
      return known.differs || madeBytes > comparedBytes ? known.differs : undefined;
    },
    async settle() {
      await looking?.catch(() => {});
    },
  };
}
