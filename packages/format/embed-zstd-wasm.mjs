// Writes src/node/zstd/zstd-wasm-bytes.ts from the installed @bokuweb/zstd-wasm: a part of the build, so that what is published,
// and every bundle of it, has the bytes in it, and this repository has not.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const entry = createRequire(import.meta.url).resolve("@bokuweb/zstd-wasm");
const wasm = readFileSync(path.join(path.dirname(entry), "zstd.wasm"));
const embedded = brotliCompressSync(wasm, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: wasm.length,
  },
});
writeFileSync(
  new URL("src/node/zstd/zstd-wasm-bytes.ts", import.meta.url),
  `// Written by embed-zstd-wasm.mjs. Licences: THIRD-PARTY-LICENSES.txt.

/** \`zstd.wasm\` of @bokuweb/zstd-wasm, compressed with brotli, in base64. */
export const zstdWasm =
  "${embedded.toString("base64")}";
`,
);
