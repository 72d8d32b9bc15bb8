import type { Session } from "../session.js";
import { UsageError } from "../usage-error.js";

/** Smaller files are verified before their first byte is written; larger ones are streamed, and verified at the end. */
const verifiedFirstBytes = 8 * 1024 * 1024;

export interface CatFlags {
  readonly force?: boolean;
}

export async function cat(
  session: Session,
  reference: string,
  files: readonly string[],
  flags: CatFlags,
): Promise<void> {
  const { io, output, signal } = session;
  const { archive } = await session.open(reference);
  const guarded = io.stdout.isTTY === true && flags.force !== true;
  for (const path of files) {
    const size = archive.entry(path)?.size ?? 0;
    const content =
      size <= verifiedFirstBytes
        ? [await archive.readFile(path, { signal })]
        : archive.stream(path, { signal });
    let first = true;
    for await (const chunk of content) {
      if (guarded && first && chunk.includes(0)) {
        throw new UsageError(
          `${path} is binary, and would garble the terminal: redirect the output, or use --force`,
        );
      }
      first = false;
      if (!(await output.bytes(chunk))) return;
    }
  }
}
