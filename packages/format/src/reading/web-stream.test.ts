import { expect, test } from "vitest";

import { toWebStream } from "./web-stream.js";

test("a Web stream has the chunks of the iterable", async () => {
  const stream = toWebStream(
    (async function* () {
      yield new TextEncoder().encode("hello ");
      yield new TextEncoder().encode("world");
    })(),
  );
  expect(await new Response(stream).text()).toBe("hello world");
});

test("it asks for a chunk when one is wanted, and lets go when it is cancelled", async () => {
  const events: string[] = [];
  const stream = toWebStream(
    (async function* () {
      try {
        for (let i = 0; i < 10; i++) {
          events.push(`chunk ${i}`);
          yield Uint8Array.of(i);
        }
      } finally {
        events.push("freed");
      }
    })(),
  );
  await Promise.resolve();
  expect(events).toEqual([]);
  const reader = stream.getReader();
  expect((await reader.read()).value).toEqual(Uint8Array.of(0));
  await reader.cancel();
  expect(events).toEqual(["chunk 0", "freed"]);
});

test("an error of the iterable is an error of the stream", async () => {
  const trouble = new Error("wrong hash");
  const stream = toWebStream(
    (async function* () {
      yield Uint8Array.of(1);
      throw trouble;
    })(),
  );
  const reader = stream.getReader();
  await reader.read();
  await expect(reader.read()).rejects.toBe(trouble);
});
