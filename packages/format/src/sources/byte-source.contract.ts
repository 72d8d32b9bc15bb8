import { describe, expect, test } from "vitest";

import type { ByteSource } from "./byte-source.js";
import { collectBytes } from "../testing/collect.js";

/** A source over given bytes, and what frees it. */
export interface SourceUnderTest {
  readonly source: ByteSource;
  readonly close?: () => Promise<void> | void;
}

/** What every `ByteSource` promises. `open` makes one over the given bytes. */
export function describeByteSource(
  name: string,
  open: (bytes: Uint8Array) => Promise<SourceUnderTest>,
): void {
  const content = Uint8Array.from({ length: 700_001 }, (_, i) => (i * 31 + (i >> 8)) & 0xff);

  async function using(bytes: Uint8Array, check: (source: ByteSource) => Promise<void>): Promise<void> {
    const { source, close } = await open(bytes);
    try {
      await check(source);
    } finally {
      await close?.();
    }
  }

  describe(`${name} is a byte source`, () => {
    test("it knows its size, and has a name", () =>
      using(content, async (source) => {
        expect(source.size).toBe(content.length);
        expect(source.id).not.toBe("");
        expect(source.id).toBe(source.id);
        await Promise.resolve();
      }));

    test("a range is exactly the bytes that were asked for", () =>
      using(content, async (source) => {
        for (const [offset, length] of [
          [0, content.length],
          [0, 1],
          [content.length - 1, 1],
          [1000, 400_000],
          [65_535, 2],
        ] as const) {
          const bytes = await collectBytes(source.read({ offset, length }));
          expect(Buffer.compare(bytes, content.subarray(offset, offset + length))).toBe(0);
        }
      }));

    test("a range of no bytes is empty, at the end too", () =>
      using(content, async (source) => {
        for (const offset of [0, 5, content.length]) {
          expect(await collectBytes(source.read({ offset, length: 0 }))).toHaveLength(0);
        }
      }));

    test("a source of nothing can be opened and read", () =>
      using(new Uint8Array(0), async (source) => {
        expect(source.size).toBe(0);
        expect(await collectBytes(source.read({ offset: 0, length: 0 }))).toHaveLength(0);
      }));

    test("what lies outside is an InvalidArgument", () =>
      using(content, async (source) => {
        for (const range of [
          { offset: 0, length: content.length + 1 },
          { offset: content.length, length: 1 },
          { offset: -1, length: 1 },
          { offset: 0, length: -1 },
          { offset: 0.5, length: 1 },
          { offset: Number.NaN, length: 1 },
          { offset: Number.MAX_SAFE_INTEGER, length: Number.MAX_SAFE_INTEGER },
        ]) {
          await expect(collectBytes(source.read(range))).rejects.toMatchObject({ code: "InvalidArgument" });
        }
      }));

    test("chunks belong to the consumer: writing to one changes nothing", () =>
      using(content, async (source) => {
        for await (const chunk of source.read({ offset: 0, length: 1000 })) chunk.fill(0);
        const again = await collectBytes(source.read({ offset: 0, length: 1000 }));
        expect(Buffer.compare(again, content.subarray(0, 1000))).toBe(0);
      }));

    test("a loop can be left early, many times", () =>
      using(content, async (source) => {
        for (let i = 0; i < 50; i++) {
          for await (const chunk of source.read({ offset: 0, length: content.length })) {
            expect(chunk.length).toBeGreaterThan(0);
            break;
          }
        }
      }));

    test("reads at the same time do not disturb each other", () =>
      using(content, async (source) => {
        const offsets = Array.from({ length: 12 }, (_, i) => i * 50_000);
        const parts = await Promise.all(
          offsets.map((offset) => collectBytes(source.read({ offset, length: 70_000 }))),
        );
        for (const [i, part] of parts.entries()) {
          const offset = offsets[i] ?? 0;
          expect(Buffer.compare(part, content.subarray(offset, offset + 70_000))).toBe(0);
        }
      }));

    test("an aborted read throws the reason", () =>
      using(content, async (source) => {
        const reason = new Error("not needed any more");
        const before = AbortSignal.abort(reason);
        await expect(collectBytes(source.read({ offset: 0, length: 10 }, { signal: before }))).rejects.toBe(
          reason,
        );
        const controller = new AbortController();
        const read = async (): Promise<void> => {
          for await (const chunk of source.read(
            { offset: 0, length: content.length },
            { signal: controller.signal },
          )) {
            expect(chunk.length).toBeGreaterThan(0);
            controller.abort(reason);
          }
        };
        // A source that had all bytes in the first chunk has nothing left to stop.
        await read().catch((error: unknown) => expect(error).toBe(reason));
      }));

    test("nothing happens before the first chunk is asked for", () =>
      using(content, async (source) => {
        source.read({ offset: 0, length: content.length });
        expect(await collectBytes(source.read({ offset: 0, length: 1 }))).toHaveLength(1);
      }));
  });
}
