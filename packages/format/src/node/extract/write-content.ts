import type { FileWriter } from "./file-writer.js";
import type { Extraction } from "./extract-options.js";
import { holeBytes } from "../files/holes.js";

/**
 * Large files are written in pieces of about this size: smaller ones cost more calls than they save memory. Each begins
 * where a hole may begin.
 */
const writeBytes = 16 * holeBytes;

/** Writes verified content; false when the file is left alone because something has its name. */
export function writeSmall(writer: FileWriter, { entry, target }: Extraction, content: Uint8Array): boolean {
  const file = writer.create(target, entry);
  try {
    file.write(content);
    return file.commit();
  } finally {
    file.dispose();
  }
}

/** The same with chunks, which throw instead of ending when the content is wrong: then the file never gets its name. */
export async function writeLarge(
  writer: FileWriter,
  { entry, target }: Extraction,
  chunks: AsyncIterable<Uint8Array>,
  onBytes: (count: number) => void,
): Promise<boolean> {
  const file = writer.create(target, entry);
  // What was decompressed is written on another thread while this one goes on: one write at a time.
  let writing = Promise.resolve();
  let gathered: Uint8Array[] = [];
  let size = 0;
  const flush = async (rest: Uint8Array): Promise<void> => {
    await writing;
    writing = file.writeLater(gathered);
    // A failure is thrown by the next flush, or at the end: until then it is not an unhandled one.
    writing.catch(() => undefined);
    onBytes(size);
    gathered = [rest];
    size = rest.length;
  };
  try {
    for await (const chunk of chunks) {
      gathered.push(chunk);
      size += chunk.length;
      if (size < writeBytes) continue;
      const end = chunk.length - (size % holeBytes);
      gathered[gathered.length - 1] = chunk.subarray(0, end);
      size -= chunk.length - end;
      await flush(chunk.subarray(end));
    }
    await flush(new Uint8Array());
    await writing;
    return file.commit();
  } finally {
    // The handle must not be closed, and given to another file, under a write.
    await writing.catch(() => undefined);
    file.dispose();
  }
}
