import type { Archive } from "../../archive.js";
import type { Entry } from "../../entry.js";

/** Larger files are read piece by piece. */
const maxWholeBytes = 4 * 1024 * 1024;

/** Reads a file from one place after another, as long as that is forwards. */
export interface ContentCursor {
  /** Fills as much of `target` as there is at the next position, or a given one, and returns how much that was. */
  read(target: Uint8Array, position: number | undefined): Promise<number>;
  close(): Promise<void>;
}

/**
 * Whole reads are one request and verified before they return; reads that follow each other are one request and verified
 * at the end of the file, and chunk by chunk where the archive says how it is cut. Reads at a given place fetch what they
 * need: the chunks that they touch, verified. Of a file without chunks, they fetch only that part if it is not compressed,
 * which cannot be verified then, else what is before it as well, once as long as places follow each other.
 */
export function createContentCursor(archive: Archive, { path, size, compression }: Entry): ContentCursor {
  const isCut = archive.chunks(path) !== undefined;
  let chunks: AsyncIterator<Uint8Array> | undefined;
  let rest: Uint8Array = new Uint8Array(0);
  /** Where the rest begins. */
  let at = 0;
  /** Where reads go on that do not say where. */
  let next = 0;

  async function close(): Promise<void> {
    const open = chunks;
    chunks = undefined;
    rest = new Uint8Array(0);
    at = 0;
    await open?.return?.();
  }

  /** The next bytes; false at the end, where the content is verified. */
  async function advance(): Promise<boolean> {
    chunks ??= archive.stream(path)[Symbol.asyncIterator]();
    const result = await chunks.next();
    if (result.done === true) return false;
    rest = result.value;
    return true;
  }

  function skip(bytes: number): void {
    rest = rest.subarray(bytes);
    at += bytes;
  }

  async function readOn(target: Uint8Array, position: number): Promise<number> {
    if (position < at) await close();
    let filled = 0;
    while (filled < target.length) {
      if (rest.length === 0 && !(await advance())) return filled;
      const before = Math.min(rest.length, Math.max(0, position - at));
      skip(before);
      const part = rest.subarray(0, target.length - filled);
      target.set(part, filled);
      filled += part.length;
      position += part.length;
      skip(part.length);
    }
    // Whoever has the last byte may not ask again: what it belongs to is verified before it is given out.
    if (at === size && rest.length === 0) await advance();
    return filled;
  }

  /** By chunks, into the target at once: however much it takes, a few of them are in memory. */
  async function readAt(target: Uint8Array, offset: number): Promise<number> {
    let filled = 0;
    for await (const piece of archive.stream(path, { range: { offset, length: target.length } })) {
      target.set(piece, filled);
      filled += piece.length;
    }
    return filled;
  }

  async function fill(target: Uint8Array, from: number, isGiven: boolean): Promise<number> {
    if (target.length === size && size <= maxWholeBytes) {
      target.set(await archive.readFile(path));
      return size;
    }
    if (isGiven && isCut) return readAt(target, from);
    if (isGiven && compression === "none") {
      target.set(await archive.readFile(path, { range: { offset: from, length: target.length } }));
      return target.length;
    }
    try {
      return await readOn(target, from);
    } catch (error) {
      await close();
      throw error;
    }
  }

  return {
    async read(target, position) {
      const from = position ?? next;
      const length = Math.min(target.length, size - from);
      if (length <= 0) return 0;
      const wanted = target.subarray(0, length);
      const filled = await fill(wanted, from, position !== undefined);
      if (position === undefined) next += filled;
      return filled;
    },
    close,
  };
}
