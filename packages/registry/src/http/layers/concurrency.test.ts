import { describe, expect, test } from "vitest";
import { withAdaptiveConcurrency } from "./concurrency.js";
import type { Handler, HttpRequest, HttpResponse } from "./handler.js";

/** A transport whose answers wait until the test gives them. */
function heldTransport(): { readonly handle: Handler; readonly held: ((status: number) => void)[] } {
  const held: ((status: number) => void)[] = [];
  const handle: Handler = ({ url }) =>
    new Promise<HttpResponse>((resolve) => {
      held.push((status) => {
        resolve({ status, headers: {}, url, body: (async function* () {})(), cancel: () => {} });
      });
    });
  return { handle, held };
}

const get = (host = "ghcr.io"): HttpRequest => ({
  method: "GET",
  url: new URL(`https://${host}/`),
  headers: {},
});
const settle = (): Promise<void> => new Promise(setImmediate);

function start(
  width: number,
  count: number,
): { held: ((status: number) => void)[]; send: Handler; done: number[] } {
  const { handle, held } = heldTransport();
  const send = withAdaptiveConcurrency(width)(handle);
  const done: number[] = [];
  for (let at = 0; at < count; at += 1) void send(get()).then(({ status }) => done.push(status));
  return { held, send, done };
}

describe("requests to one host", () => {
  test("are no more than allowed at once, and all get their turn", async () => {
    const { held, done } = start(3, 7);
    for (const expected of [3, 4, 5, 6, 7, 7, 7]) {
      await settle();
      expect(held).toHaveLength(expected);
      held[done.length]?.(200);
    }
    await settle();
    expect(done).toHaveLength(7);
  });

  test("become half as many after a 429, and more again after good answers", async () => {
    const { held, done } = start(8, 40);
    await settle();
    expect(held).toHaveLength(8);
    held[0]?.(429);
    await settle();
    // Eight were under way, four are allowed: nobody follows until there are fewer.
    expect(held).toHaveLength(8);
    for (let at = 1; at <= 4; at += 1) held[at]?.(200);
    await settle();
    const underWay = held.length - done.length;
    expect([underWay >= 4, underWay <= 5]).toEqual([true, true]);
    while (done.length < 40) {
      held[done.length]?.(200);
      await settle();
    }
    expect(held).toHaveLength(40);
  });

  test("never stop altogether", async () => {
    const { held, done } = start(2, 10);
    while (done.length < 10) {
      await settle();
      held[done.length]?.(429);
      await settle();
    }
    expect(done).toHaveLength(10);
  });

  test("do not wait for other hosts, nor uploads for anybody", async () => {
    const { held, send } = start(1, 3);
    void send(get("cdn.example.com"));
    const body = { size: 0, async *open() {} };
    void send({ ...get(), method: "PUT", body });
    await settle();
    expect(held).toHaveLength(3);
  });

  test("that are aborted while they wait leave the queue", async () => {
    const { held, send, done } = start(1, 1);
    const controller = new AbortController();
    const reason = new Error("enough");
    const waiting = send({ ...get(), signal: controller.signal });
    void send(get()).then(({ status }) => done.push(status));
    await settle();
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    held[0]?.(200);
    await settle();
    expect(held).toHaveLength(2);
  });
});
