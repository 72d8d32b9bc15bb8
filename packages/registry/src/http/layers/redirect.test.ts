import { describe, expect, test } from "vitest";
import { collect } from "../../testing/bytes.js";
import type { FakeReply } from "../../testing/fake-http.js";
import { fakeTransport } from "../../testing/fake-http.js";
import type { Handler, HttpRequest } from "./handler.js";
import { withRedirects } from "./redirect.js";

const url = new URL("https://ghcr.io/v2/acme/site/blobs/1");
const auth = { origin: "https://ghcr.io", host: "ghcr.io", scopes: [] };
const request: HttpRequest = { method: "GET", url, headers: { accept: "*/*", "x-secret": "1" }, auth };

const to = (location: string, status = 307): FakeReply => ({ status, headers: { location } });
const done: FakeReply = { status: 200, body: "done" };

/** A transport that says in which order answers were read, left, and asked for. */
function noting(...replies: readonly FakeReply[]): { readonly handle: Handler; readonly events: string[] } {
  const events: string[] = [];
  let at = 0;
  const handle: Handler = async (asked) => {
    events.push(asked.url.pathname);
    const { status, headers = {} } = replies[at] ?? done;
    at += 1;
    const body = (async function* () {
      yield Buffer.from("moved");
      events.push("read");
    })();
    return { status, headers, url: asked.url, body, cancel: () => void events.push("cancelled") };
  };
  return { handle, events };
}

describe("an answer", () => {
  test.each([200, 300, 304, 305, 400])("that is no redirect is handed on as it is: %d", async (status) => {
    const { handle, requests } = fakeTransport({ ...to("/elsewhere"), status });
    const response = await withRedirects()(handle)(request);
    expect(response.status).toBe(status);
    expect(response).not.toHaveProperty("redirected");
    expect(requests).toHaveLength(1);
  });

  test("that is a redirect comes as it is to who asks for that", async () => {
    const { handle, requests } = fakeTransport(to("https://cdn.example.com/x"), done);
    const response = await withRedirects()(handle)({ ...request, followRedirects: false });
    expect([response.status, response.headers["location"]]).toEqual([307, "https://cdn.example.com/x"]);
    expect(requests).toHaveLength(1);
  });

  test("after a redirect can be read, or left", async () => {
    const { handle, events } = noting(to("/2"));
    const response = await withRedirects()(handle)(request);
    expect((await collect(response.body)).toString()).toBe("moved");
    response.cancel();
    expect(events.slice(-2)).toEqual(["read", "cancelled"]);
  });
});

/** Of the repository that the token is for. */
const writer = { ...auth, repository: "acme/site" };
const manifest = "/v2/acme/site/manifests/v1";
const session = "/v2/acme/site/blobs/uploads/8f2c";

describe("what is written with credentials", () => {
  test.each([
    // What is read is looked at, wherever it comes from.
    ["GET", manifest, "/v2/acme/other/manifests/v1", "followed"],
    ["HEAD", manifest, "/v2/acme/other/manifests/v1", "followed"],
    ["PUT", manifest, `${manifest}/`, "followed"],
    ["PUT", `${manifest}/`, manifest, "followed"],
    ["PUT", session, "/v2/acme/site/blobs/uploads/77aa", "followed"],
    ["PUT", session, "/storage/8f2c", "without credentials"],
    ["PUT", manifest, "https://cdn.example.com/v2/acme/other/manifests/v1", "without credentials"],
    ["PUT", manifest, "/v2/acme/other/manifests/v1", "refused"],
    ["PUT", manifest, session, "refused"],
    ["PUT", session, manifest, "refused"],
  ] as const)("%s %s, redirected to %s, is %s", async (method, from, location, outcome) => {
    const { handle, requests } = fakeTransport(to(location), done);
    const asked = { ...request, method, url: new URL(from, url), auth: writer };
    const answer = withRedirects()(handle)(asked);
    if (outcome === "refused") {
      await expect(answer).rejects.toMatchObject({ code: "UnsafeRedirect" });
      expect(requests).toHaveLength(1);
      return;
    }
    const response = await answer;
    expect(requests.at(-1)?.auth).toEqual(outcome === "followed" ? writer : undefined);
    expect(response.redirected).toBe(outcome === "followed" ? "inside" : "elsewhere");
    expect(response.from?.pathname).toBe(from);
  });

  test("for no repository goes where the registry says", async () => {
    const { handle, requests } = fakeTransport(to("/v2/acme/other/manifests/v1"), done);
    await withRedirects()(handle)({ ...request, method: "DELETE" });
    expect(requests.at(-1)?.auth).toEqual(auth);
  });
});

describe("a redirect", () => {
  test.each([301, 302, 303, 307, 308])("with %d is followed", async (status) => {
    for (const method of ["GET", "HEAD"] as const) {
      const { handle, requests } = fakeTransport(to("/2", status), done);
      const response = await withRedirects()(handle)({ ...request, method });
      expect([response.status, response.url.href]).toEqual([200, "https://ghcr.io/2"]);
      expect(requests.map((sent) => [sent.method, sent.url.pathname])).toEqual([
        [method, url.pathname],
        [method, "/2"],
      ]);
    }
  });

  test.each([301, 302, 307, 308])("with %d takes a body along", async (status) => {
    const body = { size: 1, open: () => expect.fail("nobody reads it") };
    const { handle, requests } = fakeTransport(to("/2", status), done);
    await withRedirects()(handle)({ ...request, method: "PUT", body });
    expect(requests.map((sent) => [sent.method, sent.body])).toEqual([
      ["PUT", body],
      ["PUT", body],
    ]);
  });

  test.each(["PUT", "POST", "PATCH", "DELETE"] as const)(
    "that would make a GET of a %s is not",
    async (method) => {
      const { handle, events } = noting(to("/2", 303));
      await expect(withRedirects()(handle)({ ...request, method })).rejects.toMatchObject({
        code: "UnsafeRedirect",
        host: "ghcr.io",
        status: 303,
      });
      expect(events).toEqual([url.pathname, "cancelled"]);
    },
  );

  test("that leads inwards is not, and its answer is let go", async () => {
    const { handle, events } = noting(to("https://127.0.0.1/x"));
    await expect(withRedirects()(handle)(request)).rejects.toMatchObject({
      code: "UnsafeRedirect",
      status: 307,
      message: expect.stringContaining(
        "ghcr.io: the registry answered with a location on 127.0.0.1",
      ) as string,
    });
    expect(events).toEqual([url.pathname, "cancelled"]);
  });

  test("is let go before it is followed", async () => {
    const { handle, events } = noting(to("/2"));
    await withRedirects()(handle)(request);
    expect(events).toEqual([url.pathname, "read", "/2"]);
  });

  test("ten times is followed, and no more", async () => {
    const ten = Array.from({ length: 10 }, (_, at) => to(`/${at}`));
    const followed = fakeTransport(...ten, done);
    expect((await withRedirects()(followed.handle)(request)).status).toBe(200);
    const lost = fakeTransport(...ten, to("/10"), done);
    await expect(withRedirects()(lost.handle)(request)).rejects.toMatchObject({
      code: "UnsafeRedirect",
      message: expect.stringContaining("more than 10 redirects") as string,
    });
    expect(lost.requests).toHaveLength(11);
  });
});

describe("what goes along", () => {
  const elsewhere = { headers: { accept: "*/*" }, auth: undefined };
  const { headers } = request;

  test.each([
    [
      "on the same origin, everything",
      ["/2", "/3"],
      "inside",
      [
        { headers, auth },
        { headers, auth },
      ],
    ],
    [
      "to another origin, nothing that could be a secret",
      ["https://cdn.example.com/x"],
      "elsewhere",
      [elsewhere],
    ],
    [
      "by way of another origin, nothing any more",
      ["https://cdn.example.com/x", "https://ghcr.io/back", "/again"],
      "elsewhere",
      [elsewhere, elsewhere, elsewhere],
    ],
  ])("%s", async (_name, locations, redirected, sent) => {
    const { handle, requests } = fakeTransport(...locations.map((location) => to(location)), done);
    const response = await withRedirects()(handle)(request);
    expect(response.redirected).toBe(redirected);
    expect(requests.slice(1).map((one) => ({ headers: one.headers, auth: one.auth }))).toEqual(sent);
  });

  test("of a request without credentials, nothing that could be one", async () => {
    const { handle, requests } = fakeTransport(to("/2"), done);
    const response = await withRedirects()(handle)({ ...request, auth: undefined });
    expect(response.redirected).toBe("inside");
    expect(requests[1]).toMatchObject(elsewhere);
  });
});
