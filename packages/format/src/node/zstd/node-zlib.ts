import process from "node:process";

/** What Node's `zlib` has from 22.15 on. */
export interface ZlibZstd {
  readonly constants: {
    readonly ZSTD_c_compressionLevel: number;
    readonly ZSTD_c_checksumFlag: number;
    readonly ZSTD_d_windowLogMax: number;
  };
  zstdCompressSync(bytes: Uint8Array, options: { readonly params: Readonly<Record<number, number>> }): Buffer;
  zstdDecompressSync(
    bytes: Uint8Array,
    options: {
      readonly maxOutputLength: number;
      readonly params: Readonly<Record<number, number>>;
      readonly chunkSize?: number;
    },
  ): Buffer;
}

/** The zstd calls of `node:zlib`, where this runtime has them. */
export function zlibZstd(): ZlibZstd | undefined {
  // Every version of Node that has them has this function; the others need not load the module to find out.
  const candidate: unknown = process.getBuiltinModule?.("node:zlib");
  return isZlibZstd(candidate) ? candidate : undefined;
}

function isZlibZstd(value: unknown): value is ZlibZstd {
  return (
    typeof value === "object" &&
    value !== null &&
    "zstdCompressSync" in value &&
    "zstdDecompressSync" in value
  );
}
