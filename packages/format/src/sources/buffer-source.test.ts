import { expect, test } from "vitest";

import { bufferSource } from "./buffer-source.js";
import { describeByteSource } from "./byte-source.contract.js";

describeByteSource("bufferSource", (bytes) => Promise.resolve({ source: bufferSource(bytes) }));

test("equal bytes have equal names, others have not", () => {
  expect(bufferSource(Uint8Array.of(1)).id).toBe(bufferSource(Uint8Array.of(1)).id);
  expect(bufferSource(Uint8Array.of(1)).id).not.toBe(bufferSource(Uint8Array.of(2)).id);
  expect(bufferSource(new Uint8Array(0)).id).toBe(
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  expect(bufferSource(Uint8Array.of(1), { id: "mine" }).id).toBe("mine");
});

test("chunks of a Buffer are the consumer's, too", async () => {
  const bytes = Buffer.from("content");
  const source = bufferSource(bytes);
  for await (const chunk of source.read({ offset: 0, length: bytes.length })) chunk.fill(0);
  expect(bytes.toString()).toBe("content");
});
