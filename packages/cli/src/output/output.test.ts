import { PassThrough, Writable } from "node:stream";
import { expect, test } from "vitest";
import { Interruption } from "../interruption.js";
import { createOutput } from "./output.js";
import { createStandardOutput } from "./standard-output.js";

/** A reader that takes nothing, until it is told to. */
function stuckReader(): { readonly stream: Writable; readonly go: () => void } {
  let done = (): void => undefined;
  const stream = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, callback) {
      done = callback;
    },
  });
  return { stream, go: () => done() };
}

function outputOver(stdout: Writable, signal: AbortSignal): ReturnType<typeof createOutput> {
  const stderr = new PassThrough();
  return createOutput({ stdout, stderr, env: {} }, createStandardOutput({ stdout, signal }), {
    format: "text",
  });
}

test("a write waits for a slow reader", async () => {
  const { stream, go } = stuckReader();
  const written = outputOver(stream, new AbortController().signal).bytes(new Uint8Array(100));
  setImmediate(go);
  expect(await written).toBe(true);
  expect(stream.listenerCount("drain")).toBe(0);
});

test("an interruption ends the waiting for a reader that takes nothing", async () => {
  const { stream } = stuckReader();
  const controller = new AbortController();
  const written = outputOver(stream, controller.signal).bytes(new Uint8Array(100));
  setImmediate(() => controller.abort(new Interruption("SIGINT")));
  await expect(written).rejects.toThrow(Interruption);
  expect(stream.listenerCount("drain")).toBe(0);
});

test("a reader that leaves is no error", async () => {
  const { stream } = stuckReader();
  const written = outputOver(stream, new AbortController().signal).bytes(new Uint8Array(100));
  setImmediate(() => stream.destroy());
  expect(await written).toBe(false);
});
