import { createRequire } from "node:module";

import { moduleLocation } from "./module-location.js";

/** The part of `zstd-napi/binding` that is used. It is optional: its own types may not be installed. */
export interface ZstdBinding {
  readonly CCtx: new () => {
    setParameter(parameter: number, value: number): void;
    compress2(target: Uint8Array, source: Uint8Array): number;
  };
  readonly DCtx: new () => {
    setParameter(parameter: number, value: number): void;
    reset(what: number): void;
    decompress(target: Uint8Array, source: Uint8Array): number;
    decompressStream(
      target: Uint8Array,
      source: Uint8Array,
    ): [hint: number, produced: number, consumed: number];
  };
  readonly CParameter: { readonly compressionLevel: number; readonly checksumFlag: number };
  readonly DParameter: { readonly windowLogMax: number };
  readonly ResetDirective: { readonly sessionOnly: number };
  compressBound(size: number): number;
}

let known: { readonly binding: ZstdBinding | undefined } | undefined;

/**
 * The native binding, or nothing where it is not installed or was not built for this system. Looked for once a thread:
 * nobody installs it meanwhile.
 */
export function loadZstdBinding(): ZstdBinding | undefined {
  return (known ??= { binding: findBinding() }).binding;
}

function findBinding(): ZstdBinding | undefined {
  const here = moduleLocation();
  if (here === undefined) return undefined;
  try {
    // It is CommonJS: required, it loads in half the time. No bundler insists on what is optional.
    const binding: unknown = createRequire(here)("zstd-napi/binding.js");
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
    "ResetDirective" in value &&
    "compressBound" in value
  );
}
