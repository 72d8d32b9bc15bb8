import type { IncomingMessage } from "node:http";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { inspect } from "node:util";
import type { CredentialSource } from "@blob/auth";
import { createAuthenticator, dockerConfigCredentials, staticCredential, staticToken } from "@blob/auth";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { expect, test, vi } from "vitest";
import type { HttpRegistry, HttpRegistryOptions } from "../../http-registry.js";
import { createHttpRegistry } from "../../http-registry.js";
import { blobOf, chunksOf, collect } from "../../testing/bytes.js";
import { fakeClock } from "../../testing/fake-http.js";
import type { Behaviour, HostileBehaviour } from "../../testing/hostile.js";
import { refuses, says, startHostile, tells, uploadsTo } from "../../testing/hostile.js";

// None of them looks like a secret: what is hidden has to be hidden because it is known to be one.
const password = "hunter2 & Söhne";
const registryToken = "ready-made-token";
const refreshToken = "a-refresh-token";
const issuedToken = "an-issued-token";
const signature = "sIgn4tur3";
const basic = Buffer.from(`ann:${password}`).toString("base64");

/** The secrets, plain and as they travel. */
const forms = [
  ...[password, registryToken, refreshToken, issuedToken, signature].flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ secret }).toString().slice("secret=".length),
  ]),
  basic,
  basic.replace(/=+$/u, ""),
  encodeURIComponent(basic),
  "hunter2",
  basic.slice(8, 24),
];

const repository = "acme/site";
const blob = blobOf("0123456789");
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const manifest = { mediaType, bytes: Buffer.from('{"schemaVersion":2}') };

type Call = (registry: HttpRegistry) => Promise<unknown>;

const read: Call = (registry) => collect(registry.readBlob(repository, blob));
const pull: Call = (registry) => registry.manifest(repository, "v1");
const push: Call = (registry) => registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));

const calls: Readonly<Record<string, Call>> = {
  read,
  pull,
  push,
  resolve: (registry) => registry.resolve(repository, "v1"),
  stat: (registry) => registry.statBlob(repository, blob.digest),
  range: (registry) => collect(registry.readBlob(repository, blob, { range: { offset: 2, length: 3 } })),
  "push manifest": (registry) => registry.pushManifest(repository, manifest, { tag: "v1" }),
  tags: (registry) => readAll(registry.tags(repository)),
  referrers: (registry) => readAll(registry.referrers(repository, blob.digest)),
  "delete manifest": (registry) => registry.deleteManifest(repository, blob.digest),
  "delete blob": (registry) => registry.deleteBlob(repository, blob.digest),
};

async function readAll(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) expect(item).toBe("nothing");
}

/** Ways to hold a credential, and what a registry has to ask for it. */
const accounts: Readonly<Record<string, (host: string, folder: string) => CredentialSource>> = {
  basic: (host) => staticCredential({ host, username: "ann", password }),
  bearer: (host) => staticToken({ host, token: registryToken }),
  password: (host) => staticCredential({ host, username: "ann", password }),
  identity: (_, folder) => dockerConfigCredentials({ file: path.join(folder, "config.json") }),
};
const tokenChallenge = (host: string): string => `Bearer realm="http://${host}/token",service="test"`;

interface Operation {
  readonly name: string;
  readonly run: Call;
  readonly account: string;
  readonly behaviour: Partial<HostileBehaviour>;
  readonly options?: HttpRegistryOptions;
}

const authorizationOf = (request: IncomingMessage): string => request.headers.authorization ?? "";
const valueOf = (request: IncomingMessage): string => authorizationOf(request).replace(/^\w+ /u, "");
const decoded = (request: IncomingMessage): string => Buffer.from(valueOf(request), "base64").toString();

/** How a registry may repeat what it was sent. */
const repetitions: readonly ((request: IncomingMessage) => string)[] = [
  (request) => `Authorization: ${authorizationOf(request)}`,
  (request) => `bad header "${authorizationOf(request)}"`,
  (request) => JSON.stringify(request.headers),
  (request) => `do not know ${valueOf(request)} here`,
  (request) => `do not know ${encodeURIComponent(valueOf(request))} here`,
  (request) => `do not know ${decoded(request)} here`,
  (request) => `password of ann is not ${decoded(request).replace("ann:", "")}!`,
  (request) => `wrong: ${encodeURIComponent(decoded(request).replace("ann:", ""))}`,
  (request) => `${"x".repeat(290)} ${valueOf(request)}`,
];
const repeats = repetitions[3] ?? String;

/** How a page writes what it repeats. */
const asHtml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&#34;");
const inTheMiddle = (text: string): string => `${text.slice(0, 9)}<b>${text.slice(9)}</b>`;
const pages: readonly ((text: string) => string)[] = [
  (text) => `<!doctype html><title>No</title><p>${asHtml(text)}</p>`,
  (text) => `<html><body>${text}</body></html>`,
  (text) => `<html><!-- ${"x".repeat(8100)} --><body>${asHtml(text)}</body></html>`,
];

const signed = `/storage/blob?X-Amz-Signature=${signature}&sig=${signature}`;
const quotesSignature = (): string => `${signature} is not the signature of ${signed}`;
const redirects =
  (location: string): Behaviour =>
  (_, response) =>
    void response.writeHead(307, { location }).end();

function accountOperations(account: string): Operation[] {
  return [
    ...Object.entries(calls).flatMap(([name, run]) => [
      { name, run, account, behaviour: { registry: refuses(403, repeats) } },
      { name: `${name}, broken off`, run, account, behaviour: { registry: says(() => "") } },
    ]),
    ...repetitions.map((say, at) => ({
      name: `repetition ${at}`,
      run: pull,
      account,
      behaviour: { registry: refuses(400, say) },
    })),
    {
      name: "in the code",
      run: pull,
      account,
      behaviour: {
        registry: (request, response) => refuses(400, String, repeats(request))(request, response),
      },
    },
  ];
}

/** What is no registry's answer is quoted in messages, too. */
function pageOperations(): Operation[] {
  return ["basic", "bearer"].flatMap((account) => [
    {
      name: "in the type",
      run: pull,
      account,
      behaviour: {
        registry: (request, response) =>
          tells(200, `text/${valueOf(request)}`, () => "<html>")(request, response),
      },
    },
    ...repetitions.flatMap((say, at): Operation[] => [
      {
        name: `repetition ${at} in a text`,
        run: pull,
        account,
        behaviour: { registry: tells(400, "text/plain", say) },
      },
      {
        name: `repetition ${at} in an escaped text`,
        run: pull,
        account,
        behaviour: { registry: tells(400, "text/plain", (request) => JSON.stringify(say(request))) },
      },
      ...pages.map((page, index) => ({
        name: `repetition ${at} in page ${index}`,
        run: pull,
        account,
        behaviour: {
          registry: tells(index === 0 ? 200 : 403, "text/html", (request) => page(say(request))),
        },
      })),
      {
        name: `repetition ${at} in a page, with a tag in it`,
        run: pull,
        account,
        behaviour: {
          registry: tells(403, "text/html", (request) => `<html>${inTheMiddle(valueOf(request))}</html>`),
        },
      },
    ]),
  ]);
}

function statusOperations(): Operation[] {
  return [401, 403, 404, 405, 409, 413, 418, 429, 500, 503].flatMap((status) =>
    ["basic", "bearer"].map((account) => ({
      name: `status ${status}`,
      run: pull,
      account,
      behaviour: { registry: refuses(status, repeats) },
    })),
  );
}

/** A header, or what should be one, with the credentials in it. */
function replyOperations(): Operation[] {
  const replies: readonly ((value: string) => string)[] = [
    (value) => value,
    (value) => `HTTP/1.1 ${value}\r\n\r\n`,
    (value) => `HTTP/1.1 200 OK\r\n${value}\r\n\r\n`,
    (value) => `HTTP/1.1 200 OK\r\ncontent-length: ${value}\r\n\r\n`,
    (value) => `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${value}\r\n`,
    (value) => `HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n${value}`,
    (value) => `HTTP/1.1 200 OK\r\ndocker-content-digest: ${value}\r\ncontent-length: 2\r\n\r\n{}`,
    (value) => `HTTP/1.1 200 OK\r\ncontent-type: ${value}\r\ncontent-length: 2\r\n\r\n[]`,
    (value) => `HTTP/1.1 206 Partial\r\ncontent-range: bytes ${value}\r\ncontent-length: 2\r\n\r\n{}`,
    (value) => `HTTP/1.1 200 OK\r\nlink: <${value}>; rel="next"\r\ncontent-length: 9\r\n\r\n{"tags":1}`,
    (value) => `HTTP/1.1 429 No\r\nretry-after: ${value}\r\ncontent-length: 0\r\n\r\n`,
    (value) => `HTTP/1.1 401 No\r\nwww-authenticate: ${value}\r\ncontent-length: 0\r\n\r\n`,
    (value) => `HTTP/1.1 401 No\r\nwww-authenticate: Bearer realm="${value}"\r\ncontent-length: 0\r\n\r\n`,
  ];
  return replies.flatMap((reply, at) =>
    ["basic", "bearer"].flatMap((account) =>
      Object.entries({ pull, read, tags: calls["tags"] ?? pull }).map(([name, run]) => ({
        name: `reply ${at} to ${name}`,
        run,
        account,
        behaviour: { registry: says((request) => reply(valueOf(request))) },
      })),
    ),
  );
}

/** Token servers see the password or the refresh token, and issue what is a secret from then on. */
function tokenOperations(): Operation[] {
  const sees = (request: IncomingMessage): string =>
    `${valueOf(request)} ${decoded(request)} ${refreshToken}`;
  const servers: readonly Behaviour[] = [
    ...[400, 401, 403, 404, 405, 418, 429, 500].map((status) => refuses(status, sees)),
    redirects(signed),
    says(sees),
    says((request) => `HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n${sees(request)}`),
    ...[
      password,
      refreshToken,
      `{"token":"${issuedToken}`,
      `{"token":"${issuedToken}\\n"}`,
      `["${issuedToken}"]`,
      `{"token":{"a":"${issuedToken}"}}`,
    ].map(
      (body): Behaviour =>
        (_, response) =>
          void response.end(body),
    ),
    // The password comes back as a token, which the registry then repeats.
    (_, response) => void response.end(JSON.stringify({ token: password.slice(0, 7) })),
  ];
  return servers.flatMap((tokens, at) =>
    ["password", "identity"].map((account) => ({
      name: `token server ${at}`,
      run: pull,
      account,
      behaviour: { tokens, registry: refuses(403, repeats) },
    })),
  );
}

function linkOperations(): Operation[] {
  const links = [
    [`http://127.0.0.1:1${signed}`, refuses(500, String)],
    [signed, refuses(403, quotesSignature)],
    [signed, refuses(400, () => `not ${encodeURIComponent(signature)}, but ${signature}`)],
    [signed, refuses(404, quotesSignature)],
    [signed, refuses(503, quotesSignature)],
    [signed, (_, response) => void response.writeHead(403).end(`<Error>${signature}</Error>`)],
    [signed, (_, response) => void response.end(`another blob, ${signature}`)],
    [signed, says(() => `HTTP/1.1 200 OK\r\n${signature}\r\n\r\n`)],
    [signed, says(() => `HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n${signature}`)],
    [signed, redirects(signed)],
    [`ftp://127.0.0.1${signed}`, refuses(500, String)],
    [`http://ann:${signature}@127.0.0.1${signed}`, refuses(500, String)],
    [`http://[${signed}`, refuses(500, String)],
  ] as const satisfies readonly (readonly [string, Behaviour])[];
  return links.flatMap(([location, storage], at): Operation[] => {
    const upload = { storage, registry: uploadsTo(location, refuses(500, repeats)) };
    const name = `link ${at}`;
    return [
      {
        name: `${name} of a blob`,
        run: read,
        account: "basic",
        behaviour: { storage, registry: redirects(location) },
      },
      {
        name: `${name} of a manifest`,
        run: pull,
        account: "bearer",
        behaviour: { storage, registry: redirects(location) },
      },
      { name: `${name} of an upload`, run: push, account: "basic", behaviour: upload },
      {
        name: `${name} of pieces`,
        run: push,
        account: "bearer",
        behaviour: upload,
        options: { chunkBytes: 4 },
      },
    ];
  });
}

function otherOperations(): Operation[] {
  const silent = { registry: () => {} };
  const impatient = { timeouts: { stallMs: 50 }, retry: { retries: 0 } };
  const proxy = { http: `http://ann:${encodeURIComponent(password)}@127.0.0.1:1` };
  return [
    ...[pull, read, push].map((run) => ({
      name: "time-out",
      run,
      account: "basic",
      behaviour: silent,
      options: impatient,
    })),
    { name: "proxy", run: pull, account: "basic", behaviour: {}, options: { proxy } },
    {
      name: "no proxy",
      run: pull,
      account: "basic",
      behaviour: {},
      options: { proxy: { http: `ann:${password}@127.0.0.1` } },
    },
  ];
}

/** Everything that an operation lets out, as one text. */
async function toldBy(
  operation: Operation,
  folder: string,
): Promise<{ readonly failed: boolean; readonly told: string }> {
  const { account, behaviour, options, run } = operation;
  const server = await startHostile({
    challenge: account === "basic" ? () => 'Basic realm="test"' : tokenChallenge,
    registry: refuses(500, String),
    tokens: (_, response) => void response.end(JSON.stringify({ token: issuedToken })),
    storage: refuses(500, String),
    ...behaviour,
  });
  // Proxies are not used for this machine.
  const host = options?.proxy === undefined ? server.host : "registry.invalid";
  await writeTree(folder, {
    "config.json": JSON.stringify({ auths: { [host]: { identitytoken: refreshToken } } }),
  });
  const told: unknown[] = [];
  const credentials = accounts[account]?.(host, folder);
  const registry = createHttpRegistry(host, {
    plainHttp: true,
    retry: { clock: fakeClock() },
    trace: (trace) => told.push(trace),
    ...(credentials === undefined ? {} : { authenticator: createAuthenticator({ credentials }) }),
    ...options,
  });
  let failed = false;
  try {
    await run(registry);
  } catch (error) {
    failed = true;
    told.push(error, String(error), JSON.stringify(error), error instanceof Error ? error.stack : undefined);
  } finally {
    await registry.close();
    server.close();
  }
  return { failed, told: inspect(told, { depth: 12, showHidden: true, maxStringLength: null }) };
}

/** What this process writes and warns of meanwhile. */
function listen(): { readonly stop: () => string } {
  const heard: string[] = [];
  const onWarning = (warning: Error): void => void heard.push(inspect(warning));
  process.on("warning", onWarning);
  const streams = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write"));
  const logs = (["log", "info", "warn", "error", "debug"] as const).map((name) => vi.spyOn(console, name));
  return {
    stop() {
      process.off("warning", onWarning);
      for (const spy of [...streams, ...logs]) {
        heard.push(inspect(spy.mock.calls, { depth: 12, maxStringLength: null }));
        spy.mockRestore();
      }
      return heard.join("\n");
    },
  };
}

test("whatever fails, no secret is told", { timeout: 120_000 }, async () => {
  await using folder = await createTemporaryDirectory();
  const operations = [
    ...Object.keys(accounts).flatMap(accountOperations),
    ...statusOperations(),
    ...pageOperations(),
    ...replyOperations(),
    ...tokenOperations(),
    ...linkOperations(),
    ...otherOperations(),
  ];
  const output = listen();
  const leaks: string[] = [];
  let failures = 0;
  for (const operation of operations) {
    const { failed, told } = await toldBy(operation, folder.path);
    if (failed) failures += 1;
    const leaked = forms.find((form) => told.includes(form));
    if (leaked !== undefined) leaks.push(`${operation.name} with ${operation.account}: ${leaked}`);
  }
  await nextTurn();
  const written = output.stop();
  expect(leaks).toEqual([]);
  expect(forms.filter((form) => written.includes(form))).toEqual([]);
  // Operations that went well would prove nothing.
  expect(failures).toBeGreaterThan(operations.length * 0.9);
  expect(failures).toBeGreaterThan(100);
});
