import fc from "fast-check";
import { expect, test } from "vitest";
import { readBeginning } from "./read-beginning.js";

const content = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => at * 7 + (at >> 8));

async function* chunksOf(bytes: Uint8Array, step: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

test("a body comes back whole, or its beginning, whatever its pieces", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(300), fc.nat(300), fc.integer({ min: 1, max: 80 }), async (size, limit, step) => {
      const bytes = content(size);
      const start = await readBeginning(chunksOf(bytes, step), limit);
      expect(start.isCut).toBe(size > limit);
      expect(start.bytes).toEqual(bytes.subarray(0, limit));
    }),
  );
});

test("no more is asked for than it takes to know", async () => {
  let asked = 0;
  let isClosed = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        asked += 1;
        yield new Uint8Array(10);
      }
    } finally {
      isClosed = true;
    }
  }
  expect(await readBeginning(endless(), 25)).toEqual({ bytes: new Uint8Array(25), isCut: true });
  expect([asked, isClosed]).toEqual([3, true]);
});

test("what was read is the reader's: the producer may use its buffer again", async () => {
  const shared = new Uint8Array(1);
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for (let at = 1; at <= 3; at += 1) {
      shared[0] = at;
      yield shared;
    }
  }
  expect([...(await readBeginning(bytes(), 10)).bytes]).toEqual([1, 2, 3]);
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
  expect((await readBeginning(bytes(), 10_000)).bytes).toHaveLength(2000);
  expect(packets).toBeLessThan(2000);
});
