/** The part of `zstd-napi/binding` that is used. It is an optional peer: its own types may not be installed. */
export interface ZstdBinding {
  readonly CCtx: new () => {
    setParameter(parameter: number, value: number): void;
    compress2(target: Uint8Array, source: Uint8Array): number;
  };
  readonly DCtx: new () => {
    setParameter(parameter: number, value: number): void;
    decompress(target: Uint8Array, source: Uint8Array): number;
    decompressStream(
      target: Uint8Array,
      source: Uint8Array,
    ): [hint: number, produced: number, consumed: number];
  };
  readonly CParameter: { readonly compressionLevel: number; readonly checksumFlag: number };
  readonly DParameter: { readonly windowLogMax: number };
  compressBound(size: number): number;
}

/** The native binding, or nothing where it is not installed or was not built for this system. */
export async function loadZstdBinding(): Promise<ZstdBinding | undefined> {
  try {
    // A variable, so that neither compilers nor bundlers insist on a package that is optional.
    const specifier = "zstd-napi/binding.js";
    const loaded: unknown = await import(specifier);
    const binding =
      typeof loaded === "object" && loaded !== null && "default" in loaded ? loaded.default : loaded;
    return isZstdBinding(binding) ? binding : undefined;
  } catch {
    return undefined;
  }
}

function isZstdBinding(value: unknown): value is ZstdBinding {
  return (
    typeof value === "object" &&
    value !== null &&
    "CCtx" in value &&
    "DCtx" in value &&
    "compressBound" in value
  );
}
