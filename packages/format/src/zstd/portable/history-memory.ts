import { nextTurn } from "@blob/core/concurrency";

/** What is kept for later: enough for windows of 8 MiB. */
const maxKeptBytes = 16 * 1024 * 1024;

let idle: Uint8Array<ArrayBuffer> | undefined;

/** Memory of a frame before, if there is some: frames that follow one another use the same. */
export function takeHistoryMemory(): Uint8Array<ArrayBuffer> | undefined {
  const memory = idle;
  idle = undefined;
  return memory;
}

/** Keeps it for the next frame; a lot of it only until this turn of the event loop is over. */
export function giveHistoryMemoryBack(memory: Uint8Array<ArrayBuffer>): void {
  if (idle !== undefined && idle.length >= memory.length) return;
  idle = memory;
  if (memory.length > maxKeptBytes) void nextTurn().then(dropLarge);
}

function dropLarge(): void {
  if (idle !== undefined && idle.length > maxKeptBytes) idle = undefined;
}
