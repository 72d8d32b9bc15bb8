import { constants } from "node:fs";
import { open as openFile } from "node:fs/promises";

import type { Destination } from "./destination.js";
import { splitTarget, targetConflict } from "./target-path.js";

/** To open a pipe would wait for its other end. */
const readFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const readBytes = 64 * 1024;

/** The content of a file of a destination, as it is now. Throws when it is not a file. */
export async function* readTarget(
  destination: Destination,
  target: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { parent, name } = splitTarget(target);
  const directory = destination.find(parent);
  if (directory === undefined) throw targetConflict(target, "is gone");
  const handle = await openFile(directory.locate(name), readFlags).finally(() => directory.release());
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw targetConflict(target, "is not a file any more");
    for (;;) {
      const buffer = new Uint8Array(Math.min(readBytes, stats.size + 1));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
