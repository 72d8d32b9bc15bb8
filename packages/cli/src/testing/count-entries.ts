import type { Archive, DirectoryListing } from "@blob/format";

/** The archive, and how many entries of its directories were made. */
export function countEntries(archive: Archive): { readonly archive: Archive; readonly made: () => number } {
  let made = 0;
  const counted = (listing: DirectoryListing): DirectoryListing => ({
    length: listing.length,
    at(index) {
      made += 1;
      return listing.at(index);
    },
    nameAt: (index) => listing.nameAt(index),
    kindAt: (index) => listing.kindAt(index),
    listAt(index) {
      const below = listing.listAt(index);
      return below && counted(below);
    },
    indexOf: (name) => listing.indexOf(name),
    slice(from, to) {
      const entries = listing.slice(from, to);
      made += entries.length;
      return entries;
    },
    *[Symbol.iterator]() {
      for (const entry of listing) {
        made += 1;
        yield entry;
      }
    },
  });
  return {
    archive: {
      ...archive,
      readDirectory(path) {
        const entries = archive.readDirectory(path);
        made += entries.length;
        return entries;
      },
      listDirectory: (path, options) => counted(archive.listDirectory(path, options)),
    },
    made: () => made,
  };
}
