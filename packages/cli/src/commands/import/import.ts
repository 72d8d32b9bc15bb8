import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { decompressTar } from "@blob/format/node";
import type { SkippedTarMember, TarFile } from "@blob/format/tar";
import { fromTar } from "@blob/format/tar";
import { requireComplete } from "../../errors/incomplete-error.js";
import type { Session } from "../../session/session.js";
import { UsageError } from "../../errors/usage-error.js";
import { create } from "../create/create.js";
import { maxFilesOf } from "../create/create-flags.js";
import type { PushFlags } from "../push/push.js";
import { push } from "../push/push.js";
import { InputError } from "./input-error.js";

export interface ImportFlags extends Omit<
  PushFlags,
  "changeDetection" | "include" | "exclude" | "ignoreFile"
> {
  readonly directory?: string;
  readonly maxBytes?: number;
  readonly strict?: boolean;
}

export async function importTar(
  session: Session,
  input: string,
  reference: string | undefined,
  flags: ImportFlags,
): Promise<void> {
  const { directory } = flags;
  checkFlags(reference, flags);
  const stream = input === "-" ? session.io.stdin : createReadStream(input);
  // Whoever reads it is told, too: this is for the time until then.
  stream.on("error", () => undefined);
  const leftOut: SkippedTarMember[] = [];
  const files = fromTarFile(stream, input, {
    maxFiles: maxFilesOf(flags.maxFiles),
    maxBytes: flags.maxBytes,
    signal: session.signal,
    onSkipped: (member: SkippedTarMember) => void leftOut.push(member),
  });
  // Nothing of the tar is on this disk: there is nothing that could change, and nothing to filter by.
  const how = { ...flags, changeDetection: "none" } as const;
  try {
    if (directory !== undefined) await create(session, files, directory, how, { name: input, leftOut });
    else if (reference !== undefined) await push(session, reference, files, how, leftOut);
  } finally {
    // One that waits for more would keep the process.
    stream.destroy();
  }
  if (flags.strict === true) requireComplete(leftOut.map(({ path }) => path));
}

interface TarLimits {
  readonly maxFiles: number | undefined;
  readonly maxBytes: number | undefined;
  readonly signal: AbortSignal;
  readonly onSkipped: (member: SkippedTarMember) => void;
}

/** The files of a tar. @throws InputError when it cannot be read. */
async function* fromTarFile(
  stream: Readable,
  name: string,
  { maxBytes, signal, ...limits }: TarLimits,
): AsyncGenerator<TarFile, void, undefined> {
  const chunks = decompressTar(readable(stream, name), { maxBytes, signal });
  yield* fromTar(chunks, { ...limits, maxBytes, signal });
}

async function* readable(stream: Readable, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) yield chunk;
  } catch (cause) {
    throw new InputError(name, cause);
  }
}

function checkFlags(
  reference: string | undefined,
  { directory, tag, annotation, sign, dryRun }: ImportFlags,
): void {
  if (directory === undefined) {
    if (reference === undefined) throw new UsageError("say where to: a reference, or a directory with -d");
    return;
  }
  if (reference !== undefined)
    throw new UsageError(`${reference} and -d ${directory}: it is one or the other`);
  const ofPush = { "--tag": tag, "--annotation": annotation, "--sign": sign, "--dry-run": dryRun };
  for (const [name, value] of Object.entries(ofPush)) {
    if (value !== undefined) throw new UsageError(`${name} is about pushing: it cannot go with -d`);
  }
}
