/** Says which files are not worth compressing: true skips. The size is in bytes. */
export type SkipCompression = (path: string, size: number) => boolean;

/** Below this zstd's frame and a decoder's start-up cost more than they save. */
export const defaultMinCompressBytes = 1024;

/** Extensions of formats that are compressed already: the list of the format's description. */
const compressedExtensions: ReadonlySet<string> = new Set(
  (
    ".7z .aac .avif .br .bz2 .flac .gif .gz .heic .ico .jpeg .jpg .m4v .mkv .mov .mp3 .mp4 .ogg .opus .pdf .png .rar " +
    ".tgz .wav .webm .webp .woff .woff2 .xz .zip .zst"
  ).split(" "),
);

/** Skips files smaller than `bytes`. */
export function skipSmallerThan(bytes: number): SkipCompression {
  return (_path, size) => size < bytes;
}

/** Skips files whose name says that they are compressed: `.jpg`, `.ZIP`, `.woff2` and so on. */
export const skipCompressedExtensions: SkipCompression = (path) => {
  const dot = path.lastIndexOf(".");
  return dot > path.lastIndexOf("/") && compressedExtensions.has(path.slice(dot).toLowerCase());
};

/** What is skipped when the caller does not say: files below 1024 bytes, and those that are compressed already. */
export const defaultSkipCompression: readonly SkipCompression[] = [
  skipSmallerThan(defaultMinCompressBytes),
  skipCompressedExtensions,
];
