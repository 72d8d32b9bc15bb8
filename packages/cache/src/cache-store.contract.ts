import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CacheStore } from "./cache-store.js";

/** What every store does, whatever it keeps its bytes in. `create` makes an empty one with room for a megabyte. */
export function describeCacheStore(name: string, create: () => Promise<CacheStore>): void {
  describe(`the contract of CacheStore: ${name}`, () => {
    test("gives back what was put, whole and in ranges, as often as it is asked", async () => {
      const store = await create();
      await store.put("key", [bytes("hello "), bytes("world")]);
      const reader = await store.open("key");
      expect(reader?.size).toBe(11);
      expect(text(await collect(reader?.read()))).toBe("hello world");
      expect(text(await collect(reader?.read({ offset: 6, length: 3 })))).toBe("wor");
      expect(text(await collect(reader?.read({ offset: 11, length: 0 })))).toBe("");
      await reader?.close();
    });

    test("has nothing under a key that was not put", async () => {
      expect(await (await create()).open("nothing")).toBeUndefined();
    });

    test("keeps empty bodies", async () => {
      const store = await create();
      await store.put("empty", []);
      const reader = await store.open("empty");
      expect(reader?.size).toBe(0);
      await reader?.close();
    });

    test("replaces, and a reader that was open before still reads what it opened", async () => {
      const store = await create();
      await store.put("key", [bytes("old")]);
      const before = await store.open("key");
      await store.put("key", [bytes("newer")]);
      expect(text(await collect(before?.read()))).toBe("old");
      await before?.close();
      const after = await store.open("key");
      expect(text(await collect(after?.read()))).toBe("newer");
      await after?.close();
    });

    test("drops a body that fails half-way, and what was there before stays", async () => {
      const store = await create();
      await store.put("kept", [bytes("whole")]);
      const failing = async function* (): AsyncGenerator<Uint8Array> {
        yield bytes("half");
        throw new Error("the connection broke");
      };
      await expect(store.put("new", failing())).rejects.toThrow("the connection broke");
      await expect(store.put("kept", failing())).rejects.toThrow("the connection broke");
      expect(await store.open("new")).toBeUndefined();
      const reader = await store.open("kept");
      expect(text(await collect(reader?.read()))).toBe("whole");
      await reader?.close();
    });

    test("does not change when the bytes that were put or read change", async () => {
      const store = await create();
      const mine = bytes("abc");
      await store.put("key", [mine]);
      mine.fill(0);
      const reader = await store.open("key");
      (await collect(reader?.read())).fill(1);
      expect(text(await collect(reader?.read()))).toBe("abc");
      await reader?.close();
    });

    test("deletes, and says whether there was something", async () => {
      const store = await create();
      await store.put("key", [bytes("x")]);
      expect(await store.delete("key")).toBe(true);
      expect(await store.delete("key")).toBe(false);
      expect(await store.open("key")).toBeUndefined();
    });

    test("lists what it has, and may be changed while it lists", async () => {
      const store = await create();
      for (const key of ["a", "b", "c"]) await store.put(key, [bytes(key.repeat(3))]);
      const seen: string[] = [];
      for await (const entry of store.entries()) {
        expect(entry.size).toBe(3);
        seen.push(entry.key);
        await store.delete(entry.key);
      }
      expect(seen.toSorted()).toEqual(["a", "b", "c"]);
    });

    test("an aborted signal stops a put, with its reason", async () => {
      const store = await create();
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(store.put("key", [bytes("x")], { signal })).rejects.toThrow("enough");
      expect(await store.open("key")).toBeUndefined();
    });

    test("behaves like a map for any sequence of calls", async () => {
      const call = fc.oneof(
        fc.tuple(fc.constant("put"), fc.constantFrom("a", "b", "sha256:c"), fc.uint8Array({ maxLength: 64 })),
        fc.tuple(fc.constant("delete"), fc.constantFrom("a", "b", "sha256:c"), fc.constant(new Uint8Array())),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(call, { maxLength: 12 }), async (calls) => {
          const store = await create();
          const model = new Map<string, Uint8Array>();
          for (const [what, key, body] of calls) {
            if (what === "put") {
              await store.put(key, [body]);
              model.set(key, body);
            } else {
              expect(await store.delete(key)).toBe(model.delete(key));
            }
          }
          for (const key of ["a", "b", "sha256:c"]) {
            const reader = await store.open(key);
            const found = reader && (await collect(reader.read()));
            await reader?.close();
            expect(found && [...found]).toEqual(model.has(key) ? [...(model.get(key) ?? [])] : undefined);
          }
        }),
        { numRuns: 50 },
      );
    });
  });
}

function bytes(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

function text(content: Uint8Array): string {
  return new TextDecoder().decode(content);
}

async function collect(body: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array> {
  if (body === undefined) throw new Error("the store does not have the entry");
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}
