import type { Archive, ContentRange } from "@blob/format";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import type { ByteRangeFlag } from "../../command-line/flag-parsers.js";
import { byteRange } from "../../command-line/flag-parsers.js";
import { archivePath } from "../../archive-path.js";
import { splitCpSource } from "../../cp-source.js";
import { withPathHint } from "../../errors/path-hint.js";
import type { Session } from "../../session/session.js";
import { terminalText } from "../../output/terminal-text.js";
import { UsageError } from "../../errors/usage-error.js";

const declareCat: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob cat ghcr.io/acme/site:v1 config.json",
    "blob cat ghcr.io/acme/site:v1 css/a.css css/b.css > all.css",
    "blob cat ghcr.io/acme/site:v1 access.log --range -4096",
  );
  command
    .argument("<reference>")
    .usage("[options] <reference> <file...>")
    .argument("[file...]", "nothing is written when one of them is not there; or one as <reference>:/<file>")
    .option(
      "--range <first-last>",
      "only these bytes, as in 0-99, 100- or -100 for the end; verified, unless a message says otherwise",
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
  place: string,
  wanted: readonly string[],
  flags: CatFlags,
): Promise<void> {
  const { io, output } = session;
  const source = wanted.length === 0 ? splitCpSource(place) : undefined;
  if (wanted.length === 0 && source === undefined) {
    throw new UsageError("missing required argument 'file': cat accepts 2 or more args (reference, file)");
  }
  const reference = source?.reference ?? place;
  const files = (source === undefined ? wanted : [source.path]).map(archivePath);
  const { archive } = await session.open(reference);
  // Errors about paths are thrown by the call: nothing is written when one of them is not there.
  for (const path of files) await withPathHint(archive, () => void archive.stream(path));
  const guarded = io.stdout.isTTY === true && flags.force !== true;
  for (const path of files) {
    const content = await withPathHint(archive, () => contentOf(session, archive, path, flags.range));
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
  session: Session,
  archive: Archive,
  path: string,
  wanted: ByteRangeFlag | undefined,
): Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array>> {
  const { signal } = session;
  const size = archive.entry(path)?.size ?? 0;
  const range = wanted === undefined ? undefined : rangeWithin(size, wanted);
  if (range !== undefined && range.length < size && archive.chunks(path) === undefined) {
    return partWithoutChunks(session, archive, path, range);
  }
  return (range?.length ?? size) <= verifiedFirstBytes
    ? [await archive.readFile(path, { range, signal })]
    : archive.stream(path, { range, signal });
}

/** The only hash is that of the whole file: a small one is read whole for it. */
async function partWithoutChunks(
  { output, signal }: Session,
  archive: Archive,
  path: string,
  range: ContentRange,
): Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array>> {
  const { offset, length } = range;
  if (length === 0) return [];
  if ((archive.entry(path)?.size ?? 0) <= verifiedFirstBytes) {
    const pieces: Uint8Array[] = [];
    // A stream: who wants a part does not want the whole to be kept, but what it is read from may be.
    for await (const piece of archive.stream(path, { signal })) pieces.push(piece);
    return [Buffer.concat(pieces).subarray(offset, offset + length)];
  }
  output.note(
    `${path}: these bytes are not verified, as the archive has a hash of the whole file only; without --range all of it is`,
  );
  return archive.stream(path, { range, signal });
}

/** As far as the file goes: what is asked for beyond its end is not there. */
function rangeWithin(size: number, wanted: ByteRangeFlag): ContentRange {
  if ("suffix" in wanted) {
    const length = Math.min(wanted.suffix, size);
    return { offset: size - length, length };
  }
  const offset = Math.min(wanted.first, size);
  return { offset, length: Math.min(size, (wanted.last ?? size - 1) + 1) - offset };
}
