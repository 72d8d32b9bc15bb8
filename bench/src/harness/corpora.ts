import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { seededRandom, writeLargeCorpus, writeSmallCorpus } from "../corpus.js";

/** Directories of files that are the same on every machine. */
export interface Corpus {
  readonly words: string;
  /** A file of it, and one more that is in the middle of it. */
  readonly file: string;
  write(directory: string): Promise<void>;
}

export type CorpusName = "small" | "large" | "many";

export function corpora(quick: boolean): Readonly<Record<CorpusName, Corpus>> {
  const [small, large, many] = quick ? [2000, 1, 5000] : [20_000, 4, 200_000];
  return {
    small: {
      words: `${small.toLocaleString("en")} text files of 1 to 7 KB in 200 directories`,
      file: "dir-100/file-5.txt",
      write: (directory) => writeSmallCorpus(directory, small),
    },
    large: {
      words: `${String(large)} ${large === 1 ? "file" : "files"} of 128 MiB, half text and half noise`,
      file: "large-0.dat",
      write: (directory) => writeLargeCorpus(directory, large),
    },
    many: manyFiles(many),
  };
}

const filesInDirectory = 100;

/** So many files of 200 to 1,000 bytes of text. */
export function manyFiles(count: number): Corpus {
  const words = `${count.toLocaleString("en")} text files of 200 to 1,000 bytes, 100 in a directory`;
  return {
    words,
    file: "dir-00000/file-00.txt",
    async write(directory) {
      const random = seededRandom("many");
      const text = random.text(2 ** 20);
      for (let made = 0; made < count; made += filesInDirectory) {
        const parent = path.join(directory, `dir-${String(made / filesInDirectory).padStart(5, "0")}`);
        await mkdir(parent, { recursive: true });
        const here = Math.min(filesInDirectory, count - made);
        // Pieces of the same text, each from another place and with its number: nothing is stored once for several.
        await Promise.all(
          Array.from({ length: here }, (_, at) => {
            const start = random.below(text.length - 1000);
            const content = text.subarray(start, start + 190 + random.below(800));
            const file = path.join(parent, `file-${String(at).padStart(2, "0")}.txt`);
            return writeFile(file, `${String(made + at).padStart(9, "0")} ${content.toString("latin1")}`);
          }),
        );
      }
    },
  };
}
