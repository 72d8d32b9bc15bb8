import fc from "fast-check";
import { expect, test } from "vitest";
import { readBounded, readStart } from "./bounded-body.js";
import { chunksOf, noise } from "./testing/bytes.js";

test("a body comes back whole, whatever its pieces, or is an error above the limit", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(300), fc.nat(300), fc.integer({ min: 1, max: 80 }), async (size, limit, step) => {
      const bytes = noise(size);
      const reading = readBounded(chunksOf(bytes, step), limit, "it");
      if (size > limit) await expect(reading).rejects.toMatchObject({ code: "SizeExceeded" });
      else expect(Buffer.compare(await reading, bytes)).toBe(0);
      const start = await readStart(chunksOf(bytes, step), limit);
      expect(start.isCut).toBe(size > limit);
      expect(Buffer.compare(start.bytes, bytes.subarray(0, limit))).toBe(0);
    }),
  );
});

test("pieces are not held: one byte keeps nothing of the packet that it came in", async () => {
  let packets = 0;
  const freed = new FinalizationRegistry<number>(() => (packets -= 1));
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < 2000; at += 1) {
      const packet = new Uint8Array(64 * 1024);
      packets += 1;
      freed.register(packet.buffer, at);
      yield packet.subarray(0, 1);
      // The garbage collector works between turns; 128 MB of packets give it reason to.
      if (at % 100 === 0) await new Promise(setImmediate);
    }
  }
  expect(await readBounded(bytes(), 10_000, "it")).toHaveLength(2000);
  expect(packets).toBeLessThan(2000);
});
