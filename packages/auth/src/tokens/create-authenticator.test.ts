import { describe, expect, test } from "vitest";
import type { AuthorizationTarget, SendTokenRequest } from "./authenticator.js";
import { createAuthenticator } from "./create-authenticator.js";
import type { Credential, CredentialSource } from "../credential.js";
import { anonymous } from "../sources/static-credentials.js";
import { sendWithFetch, startTokenServer, type Reply } from "../testing/token-server.js";

const origin = "http://127.0.0.1:5000";
const pull: AuthorizationTarget = {
  origin,
  host: "127.0.0.1:5000",
  repository: "acme/site",
  scopes: ["repository:acme/site:pull"],
};
const push: AuthorizationTarget = { ...pull, scopes: ["repository:acme/site:pull,push"] };
const ann: Credential = { kind: "basic", username: "ann", password: "s3cret" };
const annsBasic = `Basic ${Buffer.from("ann:s3cret").toString("base64")}`;

/** Always the same credential, and how often it was asked for. */
function sourceOf(...credentials: readonly Credential[]): CredentialSource & { asked: number } {
  const source = async () => {
    const credential = credentials[Math.min(source.asked, credentials.length - 1)];
    source.asked += 1;
    return credential === undefined ? undefined : { credential, source: "test" };
  };
  source.asked = 0;
  return source;
}

/** An authenticator with a clock of its own, and a token server that numbers its tokens. */
async function setUp({
  credentials = anonymous,
  reply = (count) => ({ body: { token: `t${count}`, expires_in: 300 } }),
}: {
  readonly credentials?: CredentialSource;
  readonly reply?: (count: number, request: { readonly method: string }) => Reply | Promise<Reply>;
} = {}) {
  const server = await startTokenServer((request, count) => reply(count, request));
  const clock = { ms: 1_000_000 };
  const authenticator = createAuthenticator({ credentials, now: () => clock.ms });
  const challenge = `Bearer realm="${server.realm}",service="registry",scope="repository:acme/site:pull"`;
  const answer = (
    target: AuthorizationTarget = pull,
    rejected?: string,
    options?: { readonly signal?: AbortSignal; readonly send?: SendTokenRequest },
  ) => authenticator.answer(target, { challenge, rejected }, options?.send ?? sendWithFetch, options);
  return { server, clock, authenticator, challenge, answer };
}

/** A promise and its resolution. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe("the token request", () => {
  test("of a user is a GET with basic auth, service, and one scope parameter each", async () => {
    const { server, answer } = await setUp({ credentials: sourceOf(ann) });
    const mount = { ...push, scopes: [...push.scopes, "repository:other:pull"] };
    expect(await answer(mount)).toBe("Bearer t1");
    const [seen] = server.seen;
    expect(seen).toMatchObject({ method: "GET", authorization: annsBasic });
    expect(seen?.query.getAll("service")).toEqual(["registry"]);
    expect(seen?.query.getAll("scope")).toEqual(["repository:acme/site:pull,push", "repository:other:pull"]);
  });

  test("of nobody goes without authorization", async () => {
    const { server, answer } = await setUp();
    expect(await answer()).toBe("Bearer t1");
    expect(server.seen[0]).toMatchObject({ method: "GET", authorization: undefined });
  });

  test("of an identity token is a POST of a refresh_token grant", async () => {
    const { server, answer } = await setUp({
      credentials: sourceOf({ kind: "identity", token: "refresh" }),
      reply: () => ({ body: { access_token: "access" } }),
    });
    expect(await answer()).toBe("Bearer access");
    const [seen] = server.seen;
    expect(seen).toMatchObject({ method: "POST", authorization: undefined });
    expect(Object.fromEntries(seen?.form ?? [])).toEqual({
      grant_type: "refresh_token",
      refresh_token: "refresh",
      client_id: "blob",
      service: "registry",
      scope: "repository:acme/site:pull",
    });
  });

  test.each([404, 405])(
    "of a user falls back to the password grant when GET is answered with %i",
    async (status) => {
      const { server, answer } = await setUp({
        credentials: sourceOf(ann),
        reply: (count, { method }) =>
          method === "GET" ? { status } : { body: { access_token: `t${count}` } },
      });
      expect(await answer()).toBe("Bearer t2");
      expect(Object.fromEntries(server.seen[1]?.form ?? [])).toMatchObject({
        grant_type: "password",
        username: "ann",
        password: "s3cret",
      });
    },
  );

  test("is for what the challenge asks for, too", async () => {
    const { server, answer } = await setUp();
    await answer({ ...pull, scopes: ["registry:catalog:*"] });
    expect(server.seen[0]?.query.getAll("scope")).toEqual([
      "registry:catalog:*",
      "repository:acme/site:pull",
    ]);
  });

  test("keeps the realm's own query, and asks for no scope where none is known", async () => {
    const { server, authenticator } = await setUp();
    const challenge = `Bearer realm="${server.realm}?tenant=7"`;
    const login = { origin, host: pull.host, scopes: [] };
    expect(await authenticator.answer(login, { challenge }, sendWithFetch)).toBe("Bearer t1");
    expect(server.seen[0]?.query.toString()).toBe("tenant=7");
  });
});

describe("a token is used again", () => {
  test("for what it covers, without asking anybody", async () => {
    const { authenticator, answer } = await setUp();
    expect(authenticator.current(push)).toBeUndefined();
    await answer(push);
    expect(authenticator.current(push)).toBe("Bearer t1");
    expect(authenticator.current(pull)).toBe("Bearer t1");
  });

  test("for nothing beyond: no other action, repository, host or origin", async () => {
    const { authenticator, answer } = await setUp();
    await answer();
    expect(authenticator.current(pull)).toBe("Bearer t1");
    for (const other of [
      push,
      { ...pull, repository: "acme/other", scopes: ["repository:acme/other:pull"] },
      { ...pull, origin: "http://127.0.0.1:5001" },
      { ...pull, host: "mirror:5000" },
    ]) {
      expect(authenticator.current(other)).toBeUndefined();
    }
  });

  test("but a registry that shares a token server gets one of its own", async () => {
    const { server, answer } = await setUp({ credentials: sourceOf(ann) });
    expect(await answer()).toBe("Bearer t1");
    expect(await answer({ ...pull, origin: "http://localhost:6000", host: "localhost:6000" })).toBe(
      "Bearer t2",
    );
    expect(server.seen).toHaveLength(2);
  });

  test.each([
    ["as it says", 300, 300],
    ["a minute by default", undefined, 60],
    ["as long as a string says", "120", 120],
    ["a minute when it says rubbish", "soon", 60],
    ["a minute when it says null", null, 60],
    ["a minute when it says nothing positive", -5, 60],
    ["a day at the most", 1e300, 86_400],
  ])("only while it holds: %s", async (_name, expiresIn, seconds) => {
    const { authenticator, answer, clock } = await setUp({
      reply: (count) => ({ body: { token: `t${count}`, expires_in: expiresIn } }),
    });
    await answer();
    const margin = Math.min(30, seconds / 4);
    clock.ms += (seconds - margin) * 1000 - 1;
    expect(authenticator.current(pull)).toBe("Bearer t1");
    clock.ms += 1;
    expect(authenticator.current(pull)).toBeUndefined();
    expect(await answer()).toBe("Bearer t2");
  });

  test("never once it was refused, for whatever scopes", async () => {
    const { authenticator, answer } = await setUp({ credentials: sourceOf(ann) });
    await answer(push);
    expect(await answer(pull, "Bearer t1")).toBe("Bearer t2");
    expect(authenticator.current(push)).toBeUndefined();
    expect(authenticator.current(pull)).toBe("Bearer t2");
  });

  test("not even when the server gives the same one again", async () => {
    const { authenticator, answer } = await setUp({ reply: () => ({ body: { token: "same" } }) });
    expect(await answer()).toBe("Bearer same");
    expect(await answer(pull, "Bearer same")).toBeUndefined();
    expect(authenticator.current(pull)).toBeUndefined();
  });

  test("by all whose old one was refused: the first to come gets the new one for the others", async () => {
    const { server, answer } = await setUp();
    await answer();
    expect(await answer(pull, "Bearer t1")).toBe("Bearer t2");
    expect(await answer(pull, "Bearer t1")).toBe("Bearer t2");
    expect(server.seen).toHaveLength(2);
  });

  test("by a bounded number of repositories", async () => {
    const { authenticator, challenge } = await setUp();
    const send: SendTokenRequest = async () => ({ status: 200, body: '{"token":"t"}' });
    const targets = Array.from({ length: 1001 }, (_, index) => ({ ...pull, repository: `r${index}` }));
    for (const target of targets) await authenticator.answer(target, { challenge }, send);
    expect(targets.filter((target) => authenticator.current(target) !== undefined)).toHaveLength(1000);
    expect(authenticator.current({ ...pull, repository: "r0" })).toBeUndefined();
  });
});

describe("at the same time", () => {
  test("100 callers need one credential look-up and one token request", async () => {
    const credentials = sourceOf(ann);
    const { server, answer } = await setUp({ credentials });
    const answers = await Promise.all(Array.from({ length: 100 }, () => answer()));
    expect(new Set(answers)).toEqual(new Set(["Bearer t1"]));
    expect(server.seen).toHaveLength(1);
    expect(credentials.asked).toBe(1);
  });

  test("callers who want to do different things get a token each", async () => {
    const { server, answer } = await setUp({ credentials: sourceOf(ann) });
    const [one, other] = await Promise.all([answer(pull), answer(push)]);
    expect(one).not.toBe(other);
    expect(server.seen.map(({ query }) => String(query.get("scope"))).toSorted()).toEqual([
      "repository:acme/site:pull",
      "repository:acme/site:pull,push",
    ]);
  });

  test("a caller who gives up does not take the others along, be it the first", async () => {
    const { open, opened } = gate();
    const arrived = gate();
    const { server, answer } = await setUp({
      reply: async () => {
        arrived.open();
        await opened;
        return { body: { token: "t" } };
      },
    });
    const first = new AbortController();
    const leaving = answer(pull, undefined, { signal: first.signal });
    const staying = answer();
    await arrived.opened;
    first.abort(new Error("changed my mind"));
    await expect(leaving).rejects.toThrow("changed my mind");
    open();
    expect(await staying).toBe("Bearer t");
    expect(server.seen).toHaveLength(1);
  });

  test("the request is stopped when the last caller gives up, and made anew for the next", async () => {
    const { answer, server } = await setUp();
    const stuck = gate();
    const sent: AbortSignal[] = [];
    const never: SendTokenRequest = (_request, { signal }) => {
      if (signal !== undefined) sent.push(signal);
      stuck.open();
      return new Promise(() => undefined);
    };
    const controller = new AbortController();
    const leaving = answer(pull, undefined, { signal: controller.signal, send: never });
    await stuck.opened;
    controller.abort(new Error("enough"));
    await expect(leaving).rejects.toThrow("enough");
    expect(sent[0]?.aborted).toBe(true);
    expect(await answer()).toBe("Bearer t1");
    expect(server.seen).toHaveLength(1);
  });

  test("a failure is not remembered", async () => {
    const { answer } = await setUp({
      reply: (count) => (count === 1 ? { status: 503 } : { body: { token: "t" } }),
    });
    await expect(answer()).rejects.toMatchObject({ code: "TokenUnavailable", status: 503, host: pull.host });
    expect(await answer()).toBe("Bearer t");
  });
});

describe("basic authentication", () => {
  const challenge = 'Basic realm="registry"';
  const never: SendTokenRequest = () => Promise.reject(new Error("no token server is needed"));

  test("is offered after its challenge, and from then on at once", async () => {
    const credentials = sourceOf(ann);
    const authenticator = createAuthenticator({ credentials });
    expect(authenticator.current(pull)).toBeUndefined();
    expect(await authenticator.answer(pull, { challenge }, never)).toBe(annsBasic);
    expect(authenticator.current(push)).toBe(annsBasic);
    expect(authenticator.current({ ...pull, origin: "http://127.0.0.1:5001" })).toBeUndefined();
    expect(credentials.asked).toBe(1);
  });

  test("is not offered again once it was refused", async () => {
    const authenticator = createAuthenticator({ credentials: sourceOf(ann) });
    await authenticator.answer(pull, { challenge }, never);
    expect(await authenticator.answer(pull, { challenge, rejected: annsBasic }, never)).toBeUndefined();
    expect(authenticator.current(pull)).toBeUndefined();
  });

  test("is renewed from its source when it was refused", async () => {
    const renewed = { ...ann, password: "new" } as const;
    const authenticator = createAuthenticator({ credentials: sourceOf(ann, renewed) });
    await authenticator.answer(pull, { challenge }, never);
    const value = await authenticator.answer(pull, { challenge, rejected: annsBasic }, never);
    expect(value).toBe(`Basic ${Buffer.from("ann:new").toString("base64")}`);
  });

  test("has nothing to offer for nobody, until somebody logs in", async () => {
    let credential: Credential | undefined;
    const credentials: CredentialSource = async () =>
      credential === undefined ? undefined : { credential, source: "test" };
    const authenticator = createAuthenticator({ credentials });
    expect(await authenticator.answer(pull, { challenge }, never)).toBeUndefined();
    credential = ann;
    expect(await authenticator.answer(pull, { challenge }, never)).toBe(annsBasic);
  });

  test("is not what an identity token is for", async () => {
    const credentials = sourceOf({ kind: "identity", token: "refresh" });
    expect(await createAuthenticator({ credentials }).answer(pull, { challenge }, never)).toBeUndefined();
  });

  test("yields to Bearer where both are offered, and steps in where Bearer has no realm", async () => {
    const { server, authenticator, challenge: bearer } = await setUp({ credentials: sourceOf(ann) });
    expect(await authenticator.answer(pull, { challenge: `${challenge}, ${bearer}` }, sendWithFetch)).toBe(
      "Bearer t1",
    );
    expect(server.seen).toHaveLength(1);
    const other = createAuthenticator({ credentials: sourceOf(ann) });
    expect(await other.answer(pull, { challenge: `Bearer, ${challenge}` }, never)).toBe(annsBasic);
  });

  test("has no token server to turn to where Bearer has no realm, whichever comes first", async () => {
    for (const both of [`Bearer, ${challenge}`, `${challenge}, Bearer`]) {
      const authenticator = createAuthenticator({ credentials: anonymous });
      expect(await authenticator.answer(pull, { challenge: both }, never)).toBeUndefined();
    }
  });

  test("is not offered to a registry that did not ask for it", async () => {
    const credentials = sourceOf(ann);
    const authenticator = createAuthenticator({ credentials });
    for (const other of ["", "Negotiate", 'Digest realm="x"']) {
      expect(await authenticator.answer(pull, { challenge: other }, never)).toBeUndefined();
    }
    // What was found stays known.
    expect(credentials.asked).toBe(1);
  });
});

test("a ready registry token is sent as it is, and not again when it was refused", async () => {
  const { server, authenticator, answer } = await setUp({
    credentials: sourceOf({ kind: "bearer", token: "ready" }),
  });
  expect(await answer()).toBe("Bearer ready");
  expect(authenticator.current(push)).toBe("Bearer ready");
  expect(await answer(pull, "Bearer ready")).toBeUndefined();
  expect(authenticator.current(pull)).toBeUndefined();
  expect(server.seen).toHaveLength(0);
});

test("anonymous access that was not enough gives way to a credential that came since", async () => {
  const credentials: Credential[] = [];
  const source: CredentialSource = async () => {
    const [credential] = credentials;
    return credential === undefined ? undefined : { credential, source: "test" };
  };
  const { server, answer } = await setUp({ credentials: source });
  await answer(push);
  expect(server.seen[0]?.authorization).toBeUndefined();
  credentials.push(ann);
  expect(await answer(push, "Bearer t1")).toBe("Bearer t2");
  expect(server.seen[1]?.authorization).toBe(annsBasic);
});

describe("a token server that refuses", () => {
  test.each([400, 401, 403])("a credential with %i: the error names its source", async (status) => {
    const { answer } = await setUp({ credentials: sourceOf(ann), reply: () => ({ status }) });
    await expect(answer()).rejects.toMatchObject({
      code: "TokenRefused",
      status,
      message: expect.stringContaining("does not accept the credential from test"),
    });
  });

  test("anonymous clients: the error says that no credential was found", async () => {
    const { answer } = await setUp({ reply: () => ({ status: 401 }) });
    await expect(answer()).rejects.toMatchObject({
      code: "TokenRefused",
      message: expect.stringContaining("no credential was found"),
    });
  });

  test("a credential that the source still has is not sent a second time", async () => {
    const { server, answer } = await setUp({ credentials: sourceOf(ann), reply: () => ({ status: 401 }) });
    await expect(answer()).rejects.toMatchObject({ code: "TokenRefused" });
    expect(server.seen).toHaveLength(1);
  });

  test("nothing, but is out of order or cannot be reached, is no reason to ask for another credential", async () => {
    const credentials = sourceOf(ann, { ...ann, password: "new" });
    const { server, answer } = await setUp({ credentials, reply: () => ({ status: 503 }) });
    await expect(answer()).rejects.toMatchObject({ code: "TokenUnavailable" });
    const send: SendTokenRequest = () => Promise.reject(new Error("broken line"));
    await expect(answer(pull, undefined, { send })).rejects.toThrow("broken line");
    // An error of somebody else's that happens to have the code is none of ours.
    const foreign: SendTokenRequest = () =>
      Promise.reject(Object.assign(new Error("theirs"), { code: "TokenRefused" }));
    await expect(answer(pull, undefined, { send: foreign })).rejects.toThrow("theirs");
    expect(server.seen).toHaveLength(1);
    expect(credentials.asked).toBe(1);
  });

  test("an old credential is asked again with the new one that the source has by now", async () => {
    const renewed = { ...ann, password: "new" } as const;
    const { server, answer } = await setUp({
      credentials: sourceOf(ann, renewed),
      reply: (count) => (count === 1 ? { status: 401 } : { body: { token: "t" } }),
    });
    expect(await answer()).toBe("Bearer t");
    expect(server.seen[1]?.authorization).toBe(`Basic ${Buffer.from("ann:new").toString("base64")}`);
  });
});

test.each([
  ["HTML", "<html>log in</html>"],
  ["an array", "[]"],
  ["null", "null"],
  ["nothing", ""],
  ["no token", "{}"],
  ["an empty token", { token: "", access_token: "" }],
  ["a number for a token", { token: 1 }],
  ["a token with a line end", { token: "a\r\nX-Evil: 1" }],
  ["a token with a space", { token: "a b" }],
  ["a token beyond ASCII", { token: "é" }],
  ["a token without end", { token: "x".repeat(100_000) }],
  ["a body without end", `{"pad":"${"x".repeat(2_000_000)}","token":"t"}`],
])("an answer of %s is no token", async (_name, body) => {
  const { answer } = await setUp({ reply: () => ({ body }) });
  await expect(answer()).rejects.toMatchObject({ code: "InvalidTokenResponse", host: pull.host });
});

test("an empty token beside an access_token does not count", async () => {
  const { answer } = await setUp({ reply: () => ({ body: { token: "", access_token: "t" } }) });
  expect(await answer()).toBe("Bearer t");
});

test("credentials do not go to a realm that they must not go to", async () => {
  const sent: string[] = [];
  const send: SendTokenRequest = async ({ url }) => {
    sent.push(url.href);
    return { status: 200, body: '{"token":"t"}' };
  };
  const target = { ...pull, origin: "https://registry.example.com", host: "registry.example.com" };
  const authenticator = createAuthenticator({ credentials: sourceOf(ann) });
  const ask = (realm: string) => authenticator.answer(target, { challenge: `Bearer realm="${realm}"` }, send);
  for (const realm of [
    "http://auth.example.com/token",
    "https://169.254.169.254/token",
    "https://localhost/",
  ]) {
    await expect(ask(realm)).rejects.toMatchObject({ code: "InsecureRealm", host: "registry.example.com" });
  }
  await expect(ask("token")).rejects.toMatchObject({ code: "InvalidChallenge" });
  await expect(ask("")).rejects.toMatchObject({ code: "InvalidChallenge" });
  expect(sent).toEqual([]);
  expect(await ask("https://auth.example.net/token")).toBe("Bearer t");
});

test("errors of the sources and of the sender come through as they are", async () => {
  const broken = createAuthenticator({ credentials: () => Promise.reject(new Error("broken source")) });
  const challenge = 'Bearer realm="http://127.0.0.1:1/token"';
  await expect(broken.answer(pull, { challenge }, sendWithFetch)).rejects.toThrow("broken source");
  const { answer } = await setUp();
  const send: SendTokenRequest = () => Promise.reject(new Error("broken line"));
  await expect(answer(pull, undefined, { send })).rejects.toThrow("broken line");
});

test("a refused token is no reason to ask the sources anew", async () => {
  const credentials = sourceOf(ann);
  const { answer } = await setUp({ credentials });
  await answer();
  expect(await answer(pull, "Bearer t1")).toBe("Bearer t2");
  expect(credentials.asked).toBe(1);
});

test("who gave up already is not answered", async () => {
  const credentials = sourceOf(ann);
  const { server, answer, authenticator } = await setUp({ credentials });
  const signal = AbortSignal.abort(new Error("enough"));
  const basic = authenticator.answer(pull, { challenge: 'Basic realm="r"' }, sendWithFetch, { signal });
  await expect(basic).rejects.toThrow("enough");
  expect(credentials.asked).toBe(0);
  await expect(answer(pull, undefined, { signal })).rejects.toThrow("enough");
  expect(server.seen).toHaveLength(0);
});
