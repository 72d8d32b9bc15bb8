import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import {
  browserToken,
  type BrowserTokenOptions,
  defaultToken,
  environmentToken,
  githubActionsToken,
  isPolicyError,
  staticToken,
} from "../index.js";

const secret = "hunter2hunter2";
const audience = "sigstore";
const now = (): Date => new Date("2026-01-01T00:00:00Z");
const seconds = now().getTime() / 1000;

function tokenWith(claims: Readonly<Record<string, unknown>>): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return [encode({ alg: "ES256" }), encode({ exp: seconds + 60, aud: audience, ...claims }), secret].join(
    ".",
  );
}
const good = tokenWith({});

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

async function serve(listener: Listener): Promise<string> {
  const server = createServer((request, response) => void listener(request, response));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What went wrong, after checking that it shows no secret. */
async function failureOf(token: Promise<string>): Promise<string> {
  const error: unknown = await token.then(
    () => new Error("a token came back"),
    (thrown: unknown) => thrown,
  );
  expect(inspect(error, { depth: 10 })).not.toContain(secret);
  if (!isPolicyError(error)) throw error;
  return `${error.code}: ${error.message}`;
}

describe("a given token", () => {
  test("is used as it is, without the whitespace around it", async () => {
    expect(await staticToken(` ${good}\n`, { now }).token({ audience })).toBe(good);
    const env = { SIGSTORE_ID_TOKEN: good };
    expect(await environmentToken({ env, now }).token({ audience })).toBe(good);
  });

  test.each([
    ["", "IdentityUnavailable: there is no identity token: the given token is empty"],
    [secret, "is not a token (a JWT)"],
    [`${secret}.${secret}.${secret}`, "is not a token (a JWT)"],
    [`${good}.${secret}`, "is not a token (a JWT)"],
    [`${good}\r\nx: y`, "is not a token (a JWT)"],
    [good.padEnd(70_000, "a"), "is not a token"],
    [tokenWith({ exp: undefined }), "does not say when it expires"],
    [tokenWith({ exp: seconds - 61 }), "has expired: get a new one"],
    [tokenWith({ aud: secret }), 'is not for the audience "sigstore"'],
    [tokenWith({ aud: [audience, "other"], azp: secret }), "was issued to another party"],
  ])("is refused when it is wrong (%#)", async (token, message) => {
    expect(await failureOf(staticToken(token, { now }).token({ audience }))).toContain(message);
  });

  test("any text is a token or a typed error", async () => {
    const segment = fc.oneof(
      fc.string(),
      fc.json().map((json) => Buffer.from(json).toString("base64url")),
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(segment, { maxLength: 4 }).map((parts) => parts.join(".")),
    );
    await fc.assert(
      fc.asyncProperty(text, async (token) => {
        const error: unknown = await staticToken(token, { now })
          .token({ audience })
          .catch((thrown: unknown) => thrown);
        expect(isPolicyError(error)).toBe(true);
      }),
    );
  });
});

describe("GitHub Actions", () => {
  const environment = (url: string): Record<string, string> => ({
    GITHUB_ACTIONS: "true",
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: secret,
  });

  test("gives a token for the audience", async () => {
    const asked: unknown[] = [];
    const url = await serve(({ url: path, headers }, response) => {
      asked.push([path, headers.authorization]);
      response.end(JSON.stringify({ value: good, count: 1 }));
    });
    const provider = githubActionsToken({ env: environment(url), now });
    expect(await provider.token({ audience })).toBe(good);
    expect(asked).toEqual([["/token?api-version=2&audience=sigstore", `Bearer ${secret}`]]);
  });

  test("without the permission, the message says how to get it", async () => {
    const provider = githubActionsToken({ env: { GITHUB_ACTIONS: "true" } });
    expect(await failureOf(provider.token({ audience }))).toContain("id-token: write");
  });

  test.each<[string, Listener]>([
    ["status 401", (_, response) => response.writeHead(401).end(secret)],
    ["a redirect", (_, response) => response.writeHead(302, { location: `/?${secret}` }).end()],
    ["a large answer", (_, response) => response.end(JSON.stringify({ value: secret.repeat(50_000) }))],
    ["no JSON", (_, response) => response.end(`{"value": ${secret}`)],
    ["no token", (_, response) => response.end(JSON.stringify({ value: [secret] }))],
    ["half a token", (_, response) => response.end(JSON.stringify({ value: good.slice(0, -20) }))],
    ["null", (_, response) => response.end("null")],
    ["a broken connection", (request) => request.socket.destroy()],
  ])("%s is an error that repeats nothing", async (_name, listener) => {
    const provider = githubActionsToken({ env: environment(await serve(listener)), now });
    expect(await failureOf(provider.token({ audience }))).toMatch(/^(IdentityUnavailable|InvalidToken)/u);
  });

  test.each([
    "http://token.example.com/",
    "http://localhost:1/",
    `https://ann:${secret}@example.com/`,
    secret,
  ])("nothing is sent to an unsafe address (%#)", async (url) => {
    const provider = githubActionsToken({ env: { ...environment(""), ACTIONS_ID_TOKEN_REQUEST_URL: url } });
    expect(await failureOf(provider.token({ audience }))).toContain("IdentityUnavailable");
  });

  test("a request token that no header can hold is not quoted", async () => {
    const env = { ...environment("http://127.0.0.1:9"), ACTIONS_ID_TOKEN_REQUEST_TOKEN: `${secret}\n` };
    expect(await failureOf(githubActionsToken({ env }).token({ audience }))).toContain("IdentityUnavailable");
  });
});

interface Visit {
  readonly page: URL;
  readonly redirect: URL;
}

/** An issuer, and a user whose browser does as told. */
async function issuerWith(
  options: {
    readonly claims?: (nonce: string) => Readonly<Record<string, unknown>>;
    readonly configuration?: (issuer: string) => Readonly<Record<string, unknown>>;
    readonly answer?: Listener;
  } = {},
): Promise<{ issuer: string; visits: Visit[]; browse: (page: URL) => Visit }> {
  const visits: Visit[] = [];
  const issuer = await serve(async (request, response) => {
    if (request.url === "/.well-known/openid-configuration") {
      const configuration = {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        ...options.configuration?.(issuer),
      };
      return response.end(JSON.stringify(configuration));
    }
    if (options.answer !== undefined) return options.answer(request, response);
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const form = new URLSearchParams(body);
    const page = visits[0]?.page.searchParams;
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    expect(challenge).toBe(page?.get("code_challenge"));
    expect(form.get("code")).toBe(secret);
    expect(form.get("redirect_uri")).toBe(page?.get("redirect_uri"));
    const nonce = page?.get("nonce") ?? "";
    const claims = options.claims?.(nonce) ?? { iss: issuer, nonce };
    return response.end(JSON.stringify({ id_token: tokenWith(claims), access_token: secret }));
  });
  const browse = (page: URL): Visit => {
    const redirect = new URL(page.searchParams.get("redirect_uri") ?? "");
    redirect.searchParams.set("state", page.searchParams.get("state") ?? "");
    redirect.searchParams.set("code", secret);
    visits.push({ page, redirect });
    return { page, redirect };
  };
  return { issuer, visits, browse };
}

async function isClosed(url: URL | undefined): Promise<boolean> {
  return fetch(url ?? "").then(
    () => false,
    () => true,
  );
}

describe("the browser", () => {
  test("brings a token: PKCE, state and nonce are used, and the port is closed afterwards", async () => {
    const { issuer, visits, browse } = await issuerWith();
    const pages: Response[] = [];
    const openBrowser = async (page: URL): Promise<void> => {
      pages.push(await fetch(browse(page).redirect));
    };
    const token = await browserToken({ issuer, openBrowser, now }).token({ audience });
    expect(token.endsWith(secret)).toBe(true);
    const [visit] = visits;
    expect(visit?.page.searchParams.get("code_challenge_method")).toBe("S256");
    expect(visit?.page.searchParams.get("client_id")).toBe(audience);
    expect(visit?.redirect.hostname).toBe("127.0.0.1");
    expect(pages[0]?.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await pages[0]?.text()).not.toContain(secret);
    expect(await isClosed(visit?.redirect)).toBe(true);
  });

  test("requests with another state, host, path or method neither end nor answer the wait", async () => {
    const { issuer, browse } = await issuerWith();
    const statuses: number[] = [];
    const openBrowser = async (page: URL): Promise<void> => {
      const { redirect } = browse(page);
      const changed = (change: (url: URL) => void): URL => {
        const url = new URL(redirect);
        change(url);
        return url;
      };
      for (const [url, init] of [
        [changed((one) => one.searchParams.set("state", "other")), {}],
        [changed((one) => one.searchParams.delete("state")), {}],
        [changed((one) => (one.pathname = "/other")), {}],
        [redirect, { method: "POST" }],
        [redirect, {}],
      ] as const) {
        statuses.push((await fetch(url, init)).status);
      }
    };
    await browserToken({ issuer, openBrowser, now }).token({ audience });
    expect(statuses).toEqual([400, 400, 404, 400, 200]);
  });

  test.each<[string, string, (issuer: string, nonce: string) => Readonly<Record<string, unknown>>]>([
    ["another nonce", "its nonce differs", (iss) => ({ iss, nonce: "other" })],
    ["no nonce", "its nonce differs", (iss) => ({ iss })],
    ["another issuer", "another issuer", (_, nonce) => ({ iss: "https://evil.example", nonce })],
    ["another audience", "not for the audience", (iss, nonce) => ({ iss, nonce, aud: "other" })],
    ["an expiry in the past", "has expired", (iss, nonce) => ({ iss, nonce, exp: 1 })],
  ])("a token with %s is refused", async (_name, message, claims) => {
    const service = await issuerWith({ claims: (nonce) => claims(service.issuer, nonce) });
    const openBrowser = async (page: URL): Promise<void> => void (await fetch(service.browse(page).redirect));
    const provider = browserToken({ issuer: service.issuer, openBrowser, now });
    expect(await failureOf(provider.token({ audience }))).toContain(message);
    expect(await isClosed(service.visits[0]?.redirect)).toBe(true);
  });

  test.each<[string, string, (url: URL) => void]>([
    ["denied", "(access_denied)", (url) => url.searchParams.set("error", "access_denied")],
    ["no code", "did not let the user sign in", (url) => url.searchParams.delete("code")],
    ["markup", "did not let the user sign in", (url) => url.searchParams.set("error", `<b>${secret}`)],
    [
      "another issuer",
      "another issuer answered",
      (url) => url.searchParams.set("iss", "https://evil.example"),
    ],
  ])("the issuer answers with %s", async (_name, message, change) => {
    const { issuer, visits, browse } = await issuerWith();
    const openBrowser = async (page: URL): Promise<void> => {
      const { redirect } = browse(page);
      change(redirect);
      await fetch(redirect);
    };
    expect(await failureOf(browserToken({ issuer, openBrowser, now }).token({ audience }))).toContain(
      message,
    );
    expect(await isClosed(visits[0]?.redirect)).toBe(true);
  });

  test.each<[string, Parameters<typeof issuerWith>[0]]>([
    ["is of another issuer", { configuration: () => ({ issuer: "https://evil.example" }) }],
    ["no usable token_endpoint", { configuration: () => ({ token_endpoint: "http://evil.example/" }) }],
    ["no usable authorization_endpoint", { configuration: () => ({ authorization_endpoint: 1 }) }],
    ["answered with status 400", { answer: (_, response) => response.writeHead(400).end(secret) }],
    ["is not a token", { answer: (_, response) => response.end(JSON.stringify({ id_token: [secret] })) }],
  ])("a server whose answer %s is an error that repeats nothing", async (message, options) => {
    const { issuer, browse } = await issuerWith(options);
    const openBrowser = async (page: URL): Promise<void> => void (await fetch(browse(page).redirect));
    expect(await failureOf(browserToken({ issuer, openBrowser, now }).token({ audience }))).toContain(
      message,
    );
  });

  const ends: readonly [string, (stop: () => void) => BrowserTokenOptions, string][] = [
    ["time is up", () => ({ timeoutMs: 20 }), "nobody signed in with the browser in time"],
    ["the user gives up", (stop) => ({ openBrowser: stop }), "enough"],
    [
      "no browser opens",
      () => ({ openBrowser: () => Promise.reject(new Error("no browser")) }),
      "no browser",
    ],
  ];
  test.each(ends)("the port is closed when %s", async (_name, options, message) => {
    const { issuer, visits, browse } = await issuerWith();
    const controller = new AbortController();
    const chosen = options(() => controller.abort(new Error("enough")));
    const openBrowser = (page: URL): void | Promise<void> => {
      browse(page);
      return chosen.openBrowser?.(page);
    };
    const provider = browserToken({ issuer, now, ...chosen, openBrowser });
    await expect(provider.token({ audience, signal: controller.signal })).rejects.toThrow(message);
    expect(await isClosed(visits[0]?.redirect)).toBe(true);
  });
});

describe("the default", () => {
  test("the given token goes before the environment's", async () => {
    const env = { SIGSTORE_ID_TOKEN: secret, GITHUB_ACTIONS: "true" };
    expect(await defaultToken({ token: good, env, now }).token({ audience })).toBe(good);
    expect(await failureOf(defaultToken({ env, now }).token({ audience }))).toContain(
      "from SIGSTORE_ID_TOKEN",
    );
  });

  test("a job of GitHub Actions that may not get a token is told so, and no browser opens", async () => {
    const provider = defaultToken({
      env: { GITHUB_ACTIONS: "true" },
      browser: { openBrowser: () => expect.fail() },
    });
    expect(await failureOf(provider.token({ audience }))).toContain("id-token: write");
  });

  test("with nothing, the browser opens only where that is allowed", async () => {
    expect(await failureOf(defaultToken({ env: {} }).token({ audience }))).toContain(
      "there is no identity token",
    );
    const { issuer, browse } = await issuerWith();
    const openBrowser = async (page: URL): Promise<void> => void (await fetch(browse(page).redirect));
    const provider = defaultToken({ env: {}, now, browser: { issuer, openBrowser } });
    expect((await provider.token({ audience })).endsWith(secret)).toBe(true);
  });
});
