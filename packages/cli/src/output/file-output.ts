import { write } from "node:fs";
import { Writable } from "node:stream";

/**
 * Writes to a file, a device or whatever else is neither a terminal nor a pipe. Node's own stream for these takes a
 * write of which only a part found room on the disk for a whole one.
 */
export function createFileOutput(descriptor: number): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      writeFrom(descriptor, chunk, 0, done);
    },
  });
}

function writeFrom(
  descriptor: number,
  bytes: Buffer,
  offset: number,
  done: (error?: Error | null) => void,
): void {
  if (offset === bytes.length) return done();
  write(descriptor, bytes, offset, bytes.length - offset, null, (error, written) => {
    if (error !== null) done(error);
    else if (written === 0) done(new Error("nothing more is taken"));
    else writeFrom(descriptor, bytes, offset + written, done);
  });
}
