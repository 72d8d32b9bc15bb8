import { brotliDecompressSync } from "node:zlib";

import { zstdWasm } from "./zstd-wasm-bytes.js";

/**
 * zstd's own library, compiled to WebAssembly by @bokuweb/zstd-wasm. Its bytes are part of this package, so that a
 * bundle has them, too. What that package has around them is not used: initialised a second time it goes on with the
 * first instance and the second one's memory, it writes to address 0 when memory runs out, it waits for ever for an
 * instance that cannot be made, and it makes a new context for each frame.
 */
export interface WasmZstd {
  /** The size of the frame, which is written to the beginning of `target`; nothing when there may be too little room. */
  compressInto(target: Uint8Array, content: Uint8Array, level: number): number | undefined;
  /** One frame, that belongs to the caller. */
  compress(content: Uint8Array, level: number): Uint8Array;
  /** The content of one frame: a view of the instance's memory that is valid until the next call. */
  decompress(frame: Uint8Array, maxBytes: number): Uint8Array;
}

/** The part of `WebAssembly` that is used. */
interface WebAssemblyApi {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ readonly exports: object }>;
}

/** What the library exports, under the names that Emscripten gave it in this build. Sizes and addresses are integers. */
interface ZstdExports {
  readonly f: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** Runs the constructors. */
  g(): void;
  /** `ZSTD_isError` */
  h(result: number): number;
  /** `ZSTD_compressBound` */
  i(size: number): number;
  /** `ZSTD_createCCtx` */
  j(): number;
  /** `ZSTD_compress_usingDict`, the only call that takes a context. */
  l(
    context: number,
    target: number,
    room: number,
    source: number,
    size: number,
    dictionary: 0,
    dictionarySize: 0,
    level: number,
  ): number;
  /** `ZSTD_createDCtx` */
  n(): number;
  /** `ZSTD_decompress_usingDict` */
  q(
    context: number,
    target: number,
    room: number,
    source: number,
    size: number,
    dictionary: 0,
    dictionarySize: 0,
  ): number;
  /** `malloc` */
  s(size: number): number;
  /** `free` */
  t(address: number): void;
}

let compiling: Promise<object> | undefined;

/**
 * An instance of its own, with memory of its own; nothing where this runtime has no WebAssembly (`--jitless`). The code
 * is compiled once a thread, however many ask for it at the same time; a failure is not remembered.
 */
export async function createWasmZstd(): Promise<WasmZstd | undefined> {
  const api: unknown = Reflect.get(globalThis, "WebAssembly");
  if (!isWebAssembly(api)) return undefined;
  compiling ??= compile(api).catch((error: unknown) => {
    compiling = undefined;
    throw error;
  });
  return instantiate(api, await compiling);
}

function compile(api: WebAssemblyApi): Promise<object> {
  return api.compile(brotliDecompressSync(Buffer.from(zstdWasm, "base64")));
}

async function instantiate(api: WebAssemblyApi, compiled: object): Promise<WasmZstd> {
  let memory: ZstdExports["f"] | undefined;
  const unexpected = (): never => {
    throw new Error("zstd stopped");
  };
  const imports = {
    a: {
      // Exit, abort and a timer: none of them is called unless something is wrong.
      a: unexpected,
      b: () => undefined,
      c: unexpected,
      d: unexpected,
      e: (wanted: number) => (memory !== undefined && grow(memory, wanted >>> 0) ? 1 : 0),
    },
  };
  const { exports } = await api.instantiate(compiled, imports);
  if (!isZstd(exports)) throw new Error("The embedded zstd has other exports than it should have");
  memory = exports.f;
  exports.g();
  return createCodec(exports);
}

const pageBytes = 65_536;

function grow(memory: ZstdExports["f"], wanted: number): boolean {
  const { byteLength } = memory.buffer;
  // Some more than asked for: each call makes all views of the memory anew.
  for (const size of [Math.max(wanted, byteLength * 1.2), wanted]) {
    try {
      memory.grow(Math.ceil((size - byteLength) / pageBytes));
      return true;
    } catch {
      continue;
    }
  }
  return false;
}

function createCodec(zstd: ZstdExports): WasmZstd {
  const source = createRegion(zstd);
  const target = createRegion(zstd);
  let compressor = 0;
  let decompressor = 0;

  /** Compresses to the target region, and returns the frame there. */
  function compressed(content: Uint8Array, level: number): Uint8Array {
    compressor ||= allocated(zstd.j());
    const room = checked(zstd, zstd.i(content.length));
    const to = target.reserve(room);
    const from = source.fill(content);
    const size = checked(zstd, zstd.l(compressor, to, room, from, content.length, 0, 0, level));
    return new Uint8Array(zstd.f.buffer, to, size);
  }

  return {
    compress: (content, level) => compressed(content, level).slice(),
    compressInto(output, content, level) {
      if (output.length < checked(zstd, zstd.i(content.length))) return undefined;
      const frame = compressed(content, level);
      output.set(frame);
      return frame.length;
    },
    decompress(frame, maxBytes) {
      decompressor ||= allocated(zstd.n());
      const to = target.reserve(maxBytes);
      const from = source.fill(frame);
      const size = checked(zstd, zstd.q(decompressor, to, maxBytes, from, frame.length, 0, 0));
      return new Uint8Array(zstd.f.buffer, to, size);
    },
  };
}

/** A piece of the instance's memory that is kept from call to call, and grows with the largest one. */
interface Region {
  /** The address of so many bytes, whatever is in them. */
  reserve(size: number): number;
  /** The address of a copy. */
  fill(bytes: Uint8Array): number;
}

/** The instance can have 2 GiB in all; sizes above 4 GiB would silently become others. */
const maxRegionBytes = 1024 * 1024 * 1024;

function createRegion(zstd: ZstdExports): Region {
  let address = 0;
  let room = 0;
  function reserve(size: number): number {
    if (size < room) return address;
    if (size > maxRegionBytes) throw new RangeError(`${size} bytes are too many for zstd in WebAssembly`);
    if (room > 0) zstd.t(address);
    room = 0;
    // At least one byte: there is no address of nothing. Powers of two: it does not grow by a little each time.
    const wanted = 2 ** Math.ceil(Math.log2(size + 1));
    address = allocated(zstd.s(wanted));
    room = wanted;
    return address;
  }
  return {
    reserve,
    fill(bytes) {
      const at = reserve(bytes.length);
      // Now, as the memory may have become another one.
      new Uint8Array(zstd.f.buffer, at, bytes.length).set(bytes);
      return at;
    },
  };
}

/** Address 0 is how C says that there is no memory left; the library's own data is there. */
function allocated(address: number): number {
  if (address === 0) throw new Error("zstd has no memory left");
  return address >>> 0;
}

/** A size, or the error that was returned in its place: the negative of its number. */
function checked(zstd: ZstdExports, result: number): number {
  if (zstd.h(result) !== 0) throw new Error(`zstd reported error ${-(result | 0)}`);
  return result >>> 0;
}

function isWebAssembly(value: unknown): value is WebAssemblyApi {
  return typeof value === "object" && value !== null && "compile" in value && "instantiate" in value;
}

function isZstd(exports: object): exports is ZstdExports {
  const names = ["g", "h", "i", "j", "l", "n", "q", "s", "t"];
  return "f" in exports && names.every((name) => typeof Reflect.get(exports, name) === "function");
}
