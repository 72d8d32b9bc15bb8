import { describe, expect, test } from "vitest";
import type { RegistryError } from "../errors.js";
import { fakeClock, fakeTransport } from "../testing/fake-http.js";
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
