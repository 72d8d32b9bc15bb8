import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { copyPackage } from "../../testing/package-copy.js";
import { runNode } from "../../testing/run-module.js";
import { noise, text } from "../../testing/sample-content.js";
import { portableZstdDecoder } from "../../zstd/portable/portable.js";
import { createWasmZstd } from "./zstd-wasm.js";
import type { WasmZstd } from "./zstd-wasm.js";
import { zstdWasm } from "./zstd-wasm-bytes.js";

async function load(): Promise<WasmZstd> {
  const zstd = await createWasmZstd();
  if (zstd === undefined) throw new Error("This runtime has no WebAssembly");
  return zstd;
}

function expectFrame(frame: Uint8Array, content: Uint8Array): void {
  const decoded = portableZstdDecoder.decompress(frame, { path: "file", size: content.length });
  expect(Buffer.compare(decoded, content)).toBe(0);
}

test("what is embedded is what the installed package has", () => {
  const entry = createRequire(import.meta.url).resolve("@bokuweb/zstd-wasm");
  const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  expect(digest(brotliDecompressSync(Buffer.from(zstdWasm, "base64")))).toBe(
    digest(readFileSync(join(dirname(entry), "zstd.wasm"))),
  );
});

test("instances that are made at the same time, or later, do not disturb each other", async () => {
  const contents = ["one", "two", "three", "four"].map((name) => Buffer.from(name.repeat(3000)));
  const made = await Promise.all(contents.map(() => load()));
  const frames = contents.map((content, index) => made[index]?.compress(content, 3) ?? new Uint8Array(0));
  const later = await load();
  expectFrame(later.compress(noise(5000), 3), noise(5000));
  for (const [index, content] of contents.entries()) {
    expectFrame(frames[index] ?? new Uint8Array(0), content);
    expectFrame(made[index]?.compress(content, 3) ?? new Uint8Array(0), content);
  }
});

test("memory grows with what is to be done, and what was there before stays right", async () => {
  const zstd = await load();
  for (const size of [0, 1, 100, 5_000_000, 10, 64_000_000, 3000]) {
    const content = Buffer.concat([Buffer.from(text(size >> 1)), noise(size - (size >> 1))]);
    const frame = zstd.compress(content, 1);
    const target = new Uint8Array(size + (size >> 7) + 600);
    expect(zstd.compressInto(target, content, 1)).toBe(frame.length);
    expect(Buffer.compare(target.subarray(0, frame.length), frame)).toBe(0);
    expect(Buffer.compare(zstd.decompress(frame, size), content)).toBe(0);
    if (size < 10_000_000) expectFrame(frame, content);
  }
});

test("sizes beyond its memory are an error, and it goes on", async () => {
  const zstd = await load();
  for (const size of [2 ** 30 + 1, 2 ** 32 + 1])
    expect(() => zstd.decompress(new Uint8Array(10), size)).toThrow(/too many/u);
  expect(() => zstd.decompress(Buffer.from("no frame"), 100)).toThrow(/zstd reported error/u);
  expectFrame(zstd.compress(Buffer.from(text(5000)), 3), Buffer.from(text(5000)));
});

test("a runtime without WebAssembly has no encoder, and says so", async () => {
  const folder = copyPackage(compilePackage("format"));
  const code = `import { loadZstdEncoder } from ${JSON.stringify(new URL("node/zstd/zstd-encoders.js", folder).href)};
    const outcome = await loadZstdEncoder("zstd-wasm").catch((error) => error);
    console.log(outcome.code);`;
  expect(await runNode(["--jitless", "--input-type=module", "--eval", code])).toBe("Unsupported");
});
