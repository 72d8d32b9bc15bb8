import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import type { RegistryError } from "../../errors.js";
import { fakeClock, fakeTransport } from "../../testing/fake-http.js";
import type { Handler, HttpRequest } from "./handler.js";
import { networkError } from "./network-error.js";
import { createRetryPolicy, withRetries } from "./retry.js";

const request: HttpRequest = { method: "GET", url: new URL("https://ghcr.io/v2/"), headers: {} };

function systemError(code: string): RegistryError {
  return networkError("ghcr.io", Object.assign(new Error(`connect ${code}`), { code }));
}

describe("what passes is tried again", () => {
  test.each([408, 409, 429, 500, 502, 503, 504])("after a %d", async (status) => {
    const clock = fakeClock();
    const { handle, requests } = fakeTransport({ status }, { status }, { status: 200 });
    const response = await withRetries(createRetryPolicy({ clock }))(handle)(request);
    expect(response.status).toBe(200);
    expect(requests).toHaveLength(3);
    expect(clock.sleeps).toEqual([125, 250]);
  });

  test.each(["ECONNRESET", "ECONNREFUSED", "EPIPE", "UND_ERR_SOCKET", "UND_ERR_BODY_TIMEOUT", "EAI_AGAIN"])(
    "after a %s",
    async (code) => {
      const { handle, requests } = fakeTransport(systemError(code), { status: 200 });
      const response = await withRetries(createRetryPolicy({ clock: fakeClock() }))(handle)(request);
      expect(response.status).toBe(200);
      expect(requests).toHaveLength(2);
    },
  );
});

describe("what does not pass is not tried again", () => {
  test.each([200, 206, 301, 400, 401, 403, 404, 405, 416, 501])("after a %d", async (status) => {
    const { handle, requests } = fakeTransport({ status });
    const response = await withRetries(createRetryPolicy({ clock: fakeClock() }))(handle)(request);
    expect(response.status).toBe(status);
    expect(requests).toHaveLength(1);
  });

  test.each(["ENOTFOUND", "CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_SSL_WRONG_VERSION_NUMBER"])(
    "after a %s",
    async (code) => {
      const { handle, requests } = fakeTransport(systemError(code));
      const sending = withRetries(createRetryPolicy({ clock: fakeClock() }))(handle)(request);
      await expect(sending).rejects.toMatchObject({ code: "Network", cause: { code } });
      expect(requests).toHaveLength(1);
    },
  );

  test("nor when the request cannot be repeated", async () => {
    const { handle, requests } = fakeTransport({ status: 503 });
    const once = { ...request, repeatable: false };
    expect((await withRetries(createRetryPolicy({ clock: fakeClock() }))(handle)(once)).status).toBe(503);
    expect(requests).toHaveLength(1);
  });

  test.each(["ECONNRESET", "UND_ERR_SOCKET", "UND_ERR_HEADERS_TIMEOUT"])(
    "nor after a %s when the request cannot be repeated",
    async (code) => {
      const { handle, requests } = fakeTransport(systemError(code), { status: 200 });
      const clock = fakeClock();
      const once = { ...request, repeatable: false };
      await expect(withRetries(createRetryPolicy({ clock }))(handle)(once)).rejects.toMatchObject({
        cause: { code },
      });
      expect([requests.length, clock.sleeps]).toEqual([1, []]);
    },
  );

  test("nor a conflict for long, nor one that is the caller's to solve", async () => {
    for (const [more, sent] of [
      [{}, 4],
      [{ retryConflicts: false }, 1],
    ] as const) {
      const { handle, requests } = fakeTransport({ status: 409 });
      const clock = fakeClock();
      const response = await withRetries(createRetryPolicy({ clock, retries: 9 }))(handle)({
        ...request,
        ...more,
      });
      expect([response.status, requests.length, clock.sleeps.length]).toEqual([409, sent, sent - 1]);
    }
  });

  test("nor errors of the caller's own", async () => {
    const failure = new Error("disk on fire");
    const { handle, requests } = fakeTransport(failure);
    await expect(withRetries(createRetryPolicy({ clock: fakeClock() }))(handle)(request)).rejects.toBe(
      failure,
    );
    expect(requests).toHaveLength(1);
  });
});

describe("how long", () => {
  test("doubles up to a bound, half of it by chance, and ends", async () => {
    const low = fakeClock(0);
    const high = fakeClock(0.999_999);
    for (const clock of [low, high]) {
      const { handle } = fakeTransport({ status: 503 });
      const policy = createRetryPolicy({ clock, retries: 7 });
      expect((await withRetries(policy)(handle)(request)).status).toBe(503);
    }
    expect(low.sleeps).toEqual([125, 250, 500, 1000, 2000, 4000, 4000]);
    expect(high.sleeps.map(Math.round)).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000]);
  });

  test("the registry's wish is honoured in full", async () => {
    const clock = fakeClock();
    const { handle } = fakeTransport({ status: 429, headers: { "retry-after": "42" } }, { status: 200 });
    await withRetries(createRetryPolicy({ clock }))(handle)(request);
    expect(clock.sleeps).toEqual([42_000]);
  });

  test("a wish that is longer than allowed ends it at once", async () => {
    const clock = fakeClock();
    const { handle, requests } = fakeTransport({
      status: 429,
      headers: { "retry-after": "42" },
      body: "why",
    });
    const response = await withRetries(createRetryPolicy({ clock, maxWaitMs: 10_000 }))(handle)(request);
    expect(response.status).toBe(429);
    expect([requests.length, clock.sleeps]).toEqual([1, []]);
    let body = "";
    for await (const chunk of response.body) body += Buffer.from(chunk).toString();
    expect(body).toBe("why");
  });

  test("odd and tiny wishes do not make it hurry", async () => {
    const clock = fakeClock();
    const { handle } = fakeTransport(
      { status: 429, headers: { "retry-after": "1.16676ms" } },
      { status: 200 },
    );
    await withRetries(createRetryPolicy({ clock }))(handle)(request);
    expect(clock.sleeps).toEqual([125]);
  });
});

test("a refusal is let go before the wait, not after it", async () => {
  const events: string[] = [];
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("busy");
    events.push("read");
  }
  const clock = { ...fakeClock(), sleep: async () => void events.push("slept") };
  const statuses = [503, 200];
  const handle: Handler = async ({ url }) => {
    return { status: statuses.shift() ?? 200, headers: {}, url, body: body(), cancel: () => {} };
  };
  await withRetries(createRetryPolicy({ clock }))(handle)(request);
  expect(events).toEqual(["read", "slept"]);
});

test("an abort while waiting throws the reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const { handle, requests } = fakeTransport({ status: 503 });
  const sending = withRetries(createRetryPolicy())(handle)({ ...request, signal: controller.signal });
  setImmediate(() => controller.abort(reason));
  await expect(sending).rejects.toBe(reason);
  expect(requests).toHaveLength(1);
});

/** Fails until it was asked so often, so that a test of what ends does end. */
function failing(error: Error, times = 10): { readonly handle: Handler; readonly asked: () => number } {
  let asked = 0;
  const { handle: succeed } = fakeTransport({ status: 200 });
  const handle: Handler = async (sent) => {
    asked += 1;
    if (asked > times) return succeed(sent);
    throw error;
  };
  return { handle, asked: () => asked };
}

test("a network that stays broken is tried as often as was said, and is an error then", async () => {
  const clock = fakeClock();
  const failure = systemError("ECONNRESET");
  const { handle, asked } = failing(failure);
  const policy = createRetryPolicy({ clock, retries: 3 });
  await expect(withRetries(policy)(handle)(request)).rejects.toBe(failure);
  expect([asked(), clock.sleeps]).toEqual([4, [125, 250, 500]]);
});

test("who solves conflicts gets no others to solve", async () => {
  const { handle, requests } = fakeTransport({ status: 503 }, { status: 200 });
  const policy = createRetryPolicy({ clock: fakeClock() });
  const response = await withRetries(policy)(handle)({ ...request, retryConflicts: false });
  expect([response.status, requests.length]).toEqual([200, 2]);
});

test("a wish that is exactly as long as allowed is honoured", async () => {
  const clock = fakeClock();
  const { handle } = fakeTransport({ status: 429, headers: { "retry-after": "42" } }, { status: 200 });
  const policy = createRetryPolicy({ clock, maxWaitMs: 42_000 });
  expect((await withRetries(policy)(handle)(request)).status).toBe(200);
  expect(clock.sleeps).toEqual([42_000]);
});

describe("a pause", () => {
  test("is taken before each further try, and not after the last one", async () => {
    const clock = fakeClock();
    const policy = createRetryPolicy({ clock, retries: 2 });
    const said = [];
    for (let attempt = 0; attempt < 4; attempt += 1)
      said.push(await policy.pause(attempt, undefined, undefined));
    expect([said, clock.sleeps]).toEqual([
      [true, true, false, false],
      [125, 250],
    ]);
  });

  test("of who was told to stop is none, also when there would be none anyway", async () => {
    const clock = fakeClock();
    const reason = new Error("enough");
    const policy = createRetryPolicy({ clock, retries: 2 });
    await expect(policy.pause(9, undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(clock.sleeps).toEqual([]);
  });

  test("in real time ends, by itself or with the reason, and listens no longer", async () => {
    const policy = createRetryPolicy();
    await policy.wait(1, undefined);
    const controller = new AbortController();
    await policy.wait(1, controller.signal);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    const reason = new Error("enough");
    const waiting = policy.wait(600_000, controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});

test("what fails because of an abort fails with its reason, though it cannot be repeated", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const handle: Handler = async () => {
    controller.abort(reason);
    throw systemError("ECONNRESET");
  };
  const once = { ...request, repeatable: false, signal: controller.signal };
  await expect(withRetries(createRetryPolicy({ clock: fakeClock() }))(handle)(once)).rejects.toBe(reason);
});
