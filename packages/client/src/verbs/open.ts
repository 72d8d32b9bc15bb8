import type { Archive } from "@blob/format";
import type { ContentStore } from "@blob/format/node";
import { onAbort } from "@blob/core/abort";
import { ClientError } from "../errors.js";
import { createArchiveLifetime } from "../lifetime/closable-archive.js";
import type { ArchivePlace, LocalArchiveFiles } from "../location.js";
import { localArchiveOf, textOf } from "../location.js";
import { loadCodecs } from "./codecs.js";
import type { DataReads, OpenedArchive, PullOptions } from "./pull.js";
import { pull } from "./pull.js";
import type { VerbContext } from "./verb-context.js";

/**
 * Opens an archive, wherever it is: `host/repository:tag` and `oci:PATH:tag` as {@link pull} does, `file:DIRECTORY` or the
 * two files of a local archive by reading its index.
 *
 * @throws ClientError `InvalidArgument` for a local archive when there are policies: it has no manifest that one could
 *   accept. FormatError `FileSystem`, `InvalidIndex`.
 */
export async function open(
  context: VerbContext,
  place: ArchivePlace,
  options: PullOptions = {},
  how: DataReads = {},
): Promise<OpenedArchive> {
  const local = localArchiveOf(place);
  if (local !== undefined) return openLocal(context, local, textOf(place), options);
  return pull(context, textOf(place), options, how);
}

async function openLocal(
  { lifetime: client, policies }: VerbContext,
  local: string | LocalArchiveFiles,
  reference: string,
  { policies: wanted = [], limits, signal }: PullOptions,
): Promise<OpenedArchive> {
  client.check();
  if (policies.length + wanted.length > 0) {
    const message = `${reference}: a local archive has no manifest that a policy could accept`;
    throw new ClientError("InvalidArgument", message, { reference });
  }
  const { openLocalArchive } = await import("@blob/format/node");
  const archive = await openLocalArchive(local, { ...(await loadCodecs()), limits, signal });
  const lifetime = createArchiveLifetime(
    client,
    () => new ClientError("Closed", `${reference} was closed: open it again to read from it`, { reference }),
  );
  // The files stay open until the caller closes the archive, or the client is closed.
  const stop = onAbort(client.signal, () => void archive.close());
  const close = async (): Promise<void> => {
    stop();
    lifetime.close();
    await archive.close();
  };
  return Object.assign(lifetime.archive(archive), {
    data: lifetime.source(archive.data),
    reference,
    manifest: undefined,
    evidence: [],
    contents: undefined,
    close,
    [Symbol.asyncDispose]: close,
  });
}

/** What a verb reads from: a place, or an open archive, which the verb leaves open. */
export type ArchiveOrPlace = ArchivePlace | Archive;

/** An archive that a verb reads. Disposing closes it only if the verb has opened it. */
interface ReadArchive extends AsyncDisposable {
  readonly archive: Archive;
  readonly reference: string | undefined;
  /** The digest of its manifest, if it has one. */
  readonly digest: string | undefined;
  readonly contents: ContentStore | undefined;
}

/**
 * Opens the place that a verb reads from; an archive that is open already is used as it is.
 *
 * @throws ClientError `InvalidArgument` for an open archive together with policies: they have to be evaluated before an
 * archive is opened.
 */
export async function openInput(
  context: VerbContext,
  input: ArchiveOrPlace,
  options: PullOptions,
  how: DataReads = {},
): Promise<ReadArchive> {
  if (!isArchive(input)) {
    const archive = await open(context, input, options, how);
    return { ...about(archive), [Symbol.asyncDispose]: () => archive.close() };
  }
  if (options.policies !== undefined && options.policies.length > 0) {
    throw new ClientError(
      "InvalidArgument",
      "policies: they are asked when an archive is opened, and this one is open already",
    );
  }
  return { ...about(input), [Symbol.asyncDispose]: () => Promise.resolve() };
}

function isArchive(input: ArchiveOrPlace): input is Archive {
  return typeof input === "object" && "readFile" in input;
}

function about(archive: Archive & Partial<OpenedArchive>): Omit<ReadArchive, typeof Symbol.asyncDispose> {
  const { reference, manifest, contents } = archive;
  return { archive, reference, digest: manifest?.descriptor.digest, contents };
}
