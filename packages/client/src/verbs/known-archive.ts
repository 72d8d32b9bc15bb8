import type { ByteSource, Entry } from "@blob/format";
import { openArchiveInTurns } from "@blob/format";
import type { CreateProgress } from "@blob/format/node";
import type { BlobId, Registry } from "@blob/registry";
import { isRegistryError } from "@blob/registry";
import { isClientError } from "../errors.js";
import { parseArchiveManifest } from "../manifest/archive-manifest.js";

/** A larger index is not fetched only to find out whether to spool. */
const maxIndexBytes = 16 * 1024 * 1024;

/** What a push can know of the repository without knowing the digest of what it is going to have. */
export type Known =
  /** It has nothing. */
  | { readonly kind: "nothing" }
  /** The tag has an archive with these files, in the order of archives. */
  | { readonly kind: "archive"; readonly files: Iterator<Entry> }
  /** It has something, and what that is was not found out. */
  | { readonly kind: "something" };

/**
 * Looks at the archive that a tag points to, or else whether there is anything in the repository: two requests. What it
 * finds decides only how bytes are sent. Whatever fails or is no archive is something unknown.
 */
export async function lookAtTag(
  registry: Registry,
  repository: string,
  tag: string,
  signal: AbortSignal,
): Promise<Known> {
  try {
    const manifest = await registry.manifest(repository, tag, { signal });
    const { index, data } = parseArchiveManifest(manifest, tag);
    if (index.size > maxIndexBytes) return { kind: "something" };
    const chunks: Uint8Array[] = [];
    for await (const chunk of registry.readBlob(repository, index, { signal })) chunks.push(chunk);
    const archive = await openArchiveInTurns(Buffer.concat(chunks), sizeOnly(data), { signal });
    return { kind: "archive", files: archive.entries() };
  } catch (error) {
    signal.throwIfAborted();
    const isAbsent = isRegistryError(error) && error.code === "NotFound";
    if (isAbsent && (await hasNoTags(registry, repository, signal))) return { kind: "nothing" };
    return { kind: "something" };
  }
}

async function hasNoTags(registry: Registry, repository: string, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const _ of registry.tags(repository, { signal })) return false;
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (isRegistryError(error)) return error.code === "NotFound";
    if (isClientError(error)) return false;
    throw error;
  }
}

/** Whether what is being archived is, so far, what is known: the same paths, with the same sizes. */
export interface Comparison {
  /** Takes the next step of creating. */
  follow(progress: CreateProgress): void;
  /** Another archive for certain, so that no blob of it can be that of the known one. */
  readonly differs: boolean;
}

export function compareWith(files: Iterator<Entry>): Comparison {
  let done = 0;
  let bytes = 0;
  let differs = false;
  let next = files.next();

  return {
    get differs() {
      return differs;
    },
    follow({ stage, path, filesDone, bytesDone }) {
      if (stage !== "compressing" || differs) return;
      let last: string | undefined;
      while (done < filesDone && next.done !== true) {
        last = next.value.path;
        bytes += next.value.size;
        done += 1;
        next = files.next();
      }
      // In the middle of a large file, less than all of it is done, and more than all before it.
      const isInside =
        next.done !== true &&
        next.value.path === path &&
        bytesDone > bytes &&
        bytesDone <= bytes + next.value.size;
      const isAfter = bytesDone === bytes && (last === undefined || last === path);
      differs = done < filesDone || !(isInside || isAfter);
    },
  };
}

function sizeOnly({ digest, size }: BlobId): ByteSource {
  return {
    id: digest,
    size,
    async *read() {
      // Only the index is looked at.
    },
  };
}
