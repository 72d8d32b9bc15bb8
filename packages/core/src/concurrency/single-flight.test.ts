import { expect, test } from "vitest";
import { createSingleFlight } from "./single-flight.js";

/** Work that ends when the test says so. */
function controlledWork() {
  const starts: { readonly signal: AbortSignal; finish(value: string): void; fail(error: Error): void }[] =
    [];
  const start = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => starts.push({ signal, finish: resolve, fail: reject }));
  return { starts, start };
}

test("callers for the same key share one piece of work; others have their own", async () => {
  const flights = createSingleFlight<string>();
  const { starts, start } = controlledWork();
  const shared = Array.from({ length: 100 }, () => flights.join("a", start));
  const other = flights.join("b", start);
  expect(starts).toHaveLength(2);
  starts[0]?.finish("done");
  starts[1]?.finish("other");
  expect(new Set(await Promise.all(shared))).toEqual(new Set(["done"]));
  expect(await other).toBe("other");
});

test("the first caller can leave without taking the work along", async () => {
  const flights = createSingleFlight<string>();
  const { starts, start } = controlledWork();
  const first = new AbortController();
  const leaving = flights.join("a", start, { signal: first.signal });
  const staying = flights.join("a", start);
  first.abort(new Error("changed my mind"));
  await expect(leaving).rejects.toThrow("changed my mind");
  expect(starts[0]?.signal.aborted).toBe(false);
  starts[0]?.finish("done");
  expect(await staying).toBe("done");
});

test("the work stops when the last caller leaves, and the next one starts anew", async () => {
  const flights = createSingleFlight<string>();
  const { starts, start } = controlledWork();
  const callers = [new AbortController(), new AbortController()];
  const leaving = callers.map(({ signal }) => flights.join("a", start, { signal }));
  for (const caller of callers) caller.abort(new Error("gone"));
  for (const one of leaving) await expect(one).rejects.toThrow("gone");
  expect(starts[0]?.signal.aborted).toBe(true);
  const next = flights.join("a", start);
  starts[0]?.fail(new Error("nobody hears this"));
  starts[1]?.finish("second");
  expect(await next).toBe("second");
});

test("a failure reaches all who wait and nobody later", async () => {
  const flights = createSingleFlight<string>();
  const { starts, start } = controlledWork();
  const waiting = [flights.join("a", start), flights.join("a", start)];
  starts[0]?.fail(new Error("no luck"));
  for (const one of waiting) await expect(one).rejects.toThrow("no luck");
  const next = flights.join("a", start);
  starts[1]?.finish("luck");
  expect(await next).toBe("luck");
});

test("who comes with an aborted signal starts nothing", async () => {
  const { starts, start } = controlledWork();
  const signal = AbortSignal.abort(new Error("too late"));
  await expect(createSingleFlight<string>().join("a", start, { signal })).rejects.toThrow("too late");
  expect(starts).toHaveLength(0);
});
