import type { Archive } from "@blob/format";
import { defineDriver } from "unstorage";
import type { Driver } from "unstorage";

export interface ArchiveDriverOptions {
  /** It stays its owner's: closing the storage does not close it. */
  readonly archive: Archive;
  /** The directory that is the storage's root. Default: all of the archive. */
  readonly base?: string;
}

/**
 * A driver for unstorage that reads an archive: `css:style.css` is the file `css/style.css`. Content is verified. There is
 * no `setItem`: unstorage drops what is written to storage that cannot be written.
 */
export const archiveDriver: (options: ArchiveDriverOptions) => Driver<ArchiveDriverOptions> = defineDriver(
  (options: ArchiveDriverOptions): Driver<ArchiveDriverOptions> => {
    const { archive, base = "" } = options;
    const root = base === "" ? "" : `${base}/`;
    const pathOf = (key: string): string => root + key.replaceAll(":", "/");
    return {
      name: "blob-archive",
      options,
      hasItem: (key) => archive.isFile(pathOf(key)),
      getItem: (key) => (archive.isFile(pathOf(key)) ? archive.readFile(pathOf(key), "utf8") : null),
      getItemRaw: (key) => (archive.isFile(pathOf(key)) ? archive.readFile(pathOf(key)) : null),
      // Of all of the storage where nothing is said, whatever its types say.
      getKeys(within: string | undefined) {
        const directory = pathOf((within ?? "").replace(/:$/, ""));
        if (!archive.isDirectory(directory)) return [];
        return Array.from(archive.entries(directory), ({ path }) =>
          path.slice(root.length).replaceAll("/", ":"),
        );
      },
      getMeta(key) {
        const entry = archive.entry(pathOf(key));
        if (entry === undefined) return null;
        return { size: entry.size, mtime: new Date(Number(entry.mtimeNs / 1_000_000n)) };
      },
    };
  },
);
