import type { Archive, ContentRange } from "@blob/format";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";
import type { ByteRangeFlag } from "../../command-line/flag-parsers.js";
import { byteRange } from "../../command-line/flag-parsers.js";
import { withPathHint } from "../../errors/path-hint.js";
import type { Session } from "../../session/session.js";
import { terminalText } from "../../output/terminal-text.js";
import { UsageError } from "../../errors/usage-error.js";

const declareCat: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob cat ghcr.io/acme/site:v1 config.json",
    "blob cat ghcr.io/acme/site:v1 css/a.css css/b.css > all.css",
  );
  command
    .argument("<reference>")
    .argument("<file...>", "nothing is written when one of them is not there")
    .option(
      "--range <first-last>",
      "only these bytes, as in 0-99 or 100-: a part cannot be checked against the file's hash",
      byteRange,
    )
    .option(
      "--force",
      "write to a terminal as to a file: binary files too, and control characters as they are",
    )
    .action((reference: string, files: string[], flags: CatFlags) =>
      run((session) => cat(session, reference, files, flags)),
    );
};

export const declarations: Declarations = { cat: declareCat };

/** Smaller files are verified before their first byte is written; larger ones are streamed, and verified at the end. */
const verifiedFirstBytes = 8 * 1024 * 1024;

export interface CatFlags {
  readonly force?: boolean;
  readonly range?: ByteRangeFlag;
}

export async function cat(
  session: Session,
  reference: string,
  files: readonly string[],
  flags: CatFlags,
): Promise<void> {
  const { io, output, signal } = session;
  const { archive } = await session.open(reference);
  // Errors about paths are thrown by the call: nothing is written when one of them is not there.
  for (const path of files) await withPathHint(archive, () => void archive.stream(path));
  const guarded = io.stdout.isTTY === true && flags.force !== true;
  for (const path of files) {
    const content = await withPathHint(archive, () => contentOf(archive, path, flags.range, signal));
    for await (const piece of guarded ? terminalText(unlessBinary(content, path)) : content) {
      if (!(await output.bytes(piece))) return;
    }
  }
}

async function* unlessBinary(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  path: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let isFirst = true;
  for await (const chunk of content) {
    if (isFirst && chunk.includes(0)) {
      throw new UsageError(
        `${path} is binary, and would garble the terminal: redirect the output, or use --force`,
      );
    }
    isFirst = false;
    yield chunk;
  }
}

async function contentOf(
  archive: Archive,
  path: string,
  wanted: ByteRangeFlag | undefined,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array>> {
  const size = archive.entry(path)?.size ?? 0;
  const range = wanted === undefined ? undefined : rangeWithin(size, wanted);
  return (range?.length ?? size) <= verifiedFirstBytes
    ? [await archive.readFile(path, { range, signal })]
    : archive.stream(path, { range, signal });
}

/** As far as the file goes: what is asked for beyond its end is not there. */
function rangeWithin(size: number, { first, last }: ByteRangeFlag): ContentRange {
  const offset = Math.min(first, size);
  return { offset, length: Math.min(size, (last ?? size - 1) + 1) - offset };
}
