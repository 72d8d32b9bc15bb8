import { createHash } from "node:crypto";
import { mkdir, open, writeFile } from "node:fs/promises";
import path from "node:path";

/** Bytes that are the same for the same seed, on every machine. */
export interface Random {
  /** 0 ≤ n < limit */
  below(limit: number): number;
  /** Bytes that do not compress. */
  bytes(length: number): Buffer;
  /** Words and numbers, as in logs and sources: compresses to about a fourth. */
  text(length: number): Buffer;
}

export function seededRandom(seed: string): Random {
  let block = createHash("sha512").update(seed).digest();
  let used = 0;
  const next = (): number => {
    if (used + 4 > block.length) {
      block = createHash("sha512").update(block).digest();
      used = 0;
    }
    const value = block.readUInt32LE(used);
    used += 4;
    return value;
  };
  const random: Random = {
    below: (limit) => next() % limit,
    bytes(length) {
      const bytes = Buffer.allocUnsafe(length + 3);
      for (let at = 0; at < length; at += 4) bytes.writeUInt32LE(next(), at & ~3);
      return bytes.subarray(0, length);
    },
    text(length) {
      const words: string[] = [];
      for (let size = 0; size < length;) {
        const word =
          next() % 5 === 0 ? String(next() % 100_000) : (vocabulary[next() % vocabulary.length] ?? "");
        words.push(word);
        size += word.length + 1;
      }
      return Buffer.from(words.join(" ")).subarray(0, length);
    },
  };
  return random;
}

const vocabulary = (
  "archive blob byte cache chunk client codec commit config content data default digest directory entry error file " +
  "function hash header index key layer length limit manifest memory method offset option path policy range read " +
  "registry request response return server size source state stream string tag token type value version window write"
).split(" ");

/** 20,000 text files of 1 to 7 KB in 200 directories. */
export async function writeSmallCorpus(directory: string, files: number = 20_000): Promise<void> {
  const random = seededRandom("small");
  for (let folder = 0; folder < 200; folder += 1) {
    const parent = path.join(directory, `dir-${String(folder).padStart(3, "0")}`);
    await mkdir(parent, { recursive: true });
    for (let file = 0; file < files / 200; file += 1) {
      await writeFile(path.join(parent, `file-${String(file)}.txt`), random.text(1000 + random.below(6000)));
    }
  }
}

/** Files of a given size, the first half of each text, the second half random. */
export async function writeLargeCorpus(
  directory: string,
  files: number = 4,
  bytesEach: number = 128 * 2 ** 20,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const random = seededRandom("large");
  // Repeated after 8 MiB: further apart than zstd looks at its default level, and quick to make.
  const pieces = { text: random.text(8 * 2 ** 20), random: random.bytes(8 * 2 ** 20) };
  for (let file = 0; file < files; file += 1) {
    const handle = await open(path.join(directory, `large-${String(file)}.dat`), "w");
    try {
      for (let written = 0; written < bytesEach;) {
        const piece = written < bytesEach / 2 ? pieces.text : pieces.random;
        // Files differ from each other, and their pieces too: nothing is stored once for several.
        piece.writeUInt32LE((file * 0x1000_0000 + written) % 2 ** 32, 0);
        const { bytesWritten } = await handle.write(piece, 0, Math.min(piece.length, bytesEach - written));
        written += bytesWritten;
      }
    } finally {
      await handle.close();
    }
  }
}
