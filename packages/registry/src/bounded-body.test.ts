import fc from "fast-check";
import { expect, test } from "vitest";
import { readBounded } from "./bounded-body.js";
import { chunksOf, noise } from "./testing/bytes.js";

test("a body comes back whole, whatever its pieces, or is an error above the limit", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(300), fc.nat(300), fc.integer({ min: 1, max: 80 }), async (size, limit, step) => {
      const bytes = noise(size);
      const reading = readBounded(chunksOf(bytes, step), limit, "it");
      if (size > limit) await expect(reading).rejects.toMatchObject({ code: "SizeExceeded" });
      else expect(Buffer.compare(await reading, bytes)).toBe(0);
    }),
  );
});
