import path from "node:path";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import type { SendTokenRequest } from "./tokens/authenticator.js";
import { createAuthenticator } from "./tokens/create-authenticator.js";
import type { Credential } from "./credential.js";
import { describeCredential } from "./sources/describe-credential.js";
import { environmentCredentials } from "./sources/environment-credentials.js";
import { containersAuthCredentials, dockerConfigCredentials } from "./sources/file-credentials.js";
import { staticCredential, staticToken } from "./sources/static-credentials.js";
import { eraseCredential, storeCredential } from "./sources/store-credential.js";
import { writeHelper } from "./testing/helper-program.js";
import { temporaryFolder } from "./testing/temporary-folder.js";

const secret = "hunter2hunter2";
/** The secret, plain and as it may travel. */
const traces = [
  secret,
  Buffer.from(secret).toString("base64").slice(0, 16),
  Buffer.from(`ann:${secret}`).toString("base64").slice(4, 20),
  Buffer.from(secret).toString("hex"),
];
const encoded = Buffer.from(`ann:${secret}`).toString("base64");

type Operation = readonly [name: string, run: (warn: (message: string) => void) => unknown];

/** Files that are broken right where the secret is. */
const brokenFiles = [
  secret,
  `{"auths": ${secret}}`,
  `{"auths": {"ghcr.io": {"auth": ${secret}}}}`,
  `{"auths": {"ghcr.io": {"auth": "${encoded}}}}`,
  `{"auths": {"ghcr.io": {"auth": "${encoded}" "x"}}}`,
  `{"auths": {"ghcr.io": {"auth": "${encoded}",}}}`,
  `{"auths": {"ghcr.io": {"password": "${secret}"\n`,
  `{"auths": {"ghcr.io": {"auth": "${secret}!"}}}`,
  `{"auths": {"ghcr.io": {"auth": "${Buffer.from(secret).toString("base64")}"}}}`,
  `{"auths": {"ghcr.io": "${secret}"}}`,
  `{"auths": {"ghcr.io": ["${secret}"]}}`,
  `{"auths": {"ghcr.io": {"identitytoken": ["${secret}"]}}}`,
  `{"auths": {"ghcr.io": {"registrytoken": {"x": "${secret}"}}}}`,
  `{"auths": ["${secret}"]}`,
  `["${secret}"]`,
  `"${secret}"`,
];

const brokenHelpers = [
  `console.log(${JSON.stringify(secret)}); process.exit(2);`,
  `console.error(${JSON.stringify(secret)}); process.exit(1);`,
  `console.log(${JSON.stringify(secret)});`,
  `console.log('{"Username": "ann", "Secret": "${secret}"');`,
  `console.log('{"Username": 1, "Secret": "${secret}"}');`,
  `console.log('["${secret}"]');`,
  `console.log(${JSON.stringify(secret)}); process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);`,
];

const badReplies = [
  ...[400, 401, 403, 404, 405, 429, 500, 301].map((status) => ({
    status,
    body: `{"errors":[{"message":"${secret} is wrong"}]}`,
  })),
  ...[
    secret,
    `{"token": ${secret}}`,
    `{"token": "${secret}`,
    `{"token": "${secret}\\n"}`,
    `{"token": " ${secret}"}`,
    `["${secret}"]`,
  ].map((body) => ({ status: 200, body })),
];

const credentials: readonly Credential[] = [
  { kind: "basic", username: "ann", password: secret },
  { kind: "identity", token: secret },
];

const badChallenges = [
  `Bearer realm="https://ann:${secret}@auth.example.com/token"`,
  `Bearer realm="http://auth.example.com/token?sig=${secret}"`,
  `Bearer realm="https://127.0.0.1/${secret}?sig=${secret}"`,
  `Bearer realm="${secret}"`,
  `Bearer service="${secret}"`,
];

async function answer(credential: Credential, challenge: string, send: SendTokenRequest) {
  const source = () => Promise.resolve({ credential, source: "test" });
  const target = { origin: "https://ghcr.io", host: "ghcr.io", scopes: [] };
  return createAuthenticator({ credentials: source }).answer(target, { challenge }, send);
}

const goodChallenge = 'Bearer realm="https://ghcr.io/token"';

function operations(folder: string): Operation[] {
  return [
    ...brokenFiles.flatMap((_, index): Operation[] => {
      const file = path.join(folder, `${index}.json`);
      return [
        [`docker ${index}`, () => dockerConfigCredentials({ file })({ host: "ghcr.io" })],
        [
          `containers ${index}`,
          () => containersAuthCredentials({ file })({ host: "ghcr.io", repository: "a" }),
        ],
      ];
    }),
    ...brokenHelpers.map((_, index): Operation => [
      `helper ${index}`,
      (onWarning) => {
        const file = path.join(folder, `helper${index}.json`);
        return dockerConfigCredentials({ file, env: { PATH: folder }, onWarning })({ host: "ghcr.io" });
      },
    ]),
    ...brokenHelpers.slice(0, 2).flatMap((_, index): Operation[] => {
      const options = { file: path.join(folder, `helper${index}.json`), env: { PATH: folder } };
      return [
        ...credentials.map((one): Operation => [
          `store ${index}`,
          () => storeCredential("ghcr.io", one, options),
        ]),
        [`erase ${index}`, () => eraseCredential("ghcr.io", options)],
      ];
    }),
    [
      "store over broken",
      () =>
        storeCredential("ghcr.io", { kind: "bearer", token: secret }, { file: path.join(folder, "0.json") }),
    ],
    ...credentials.flatMap((credential) => [
      ...badReplies.map((reply, index): Operation => [
        `${credential.kind} reply ${index}`,
        () => answer(credential, goodChallenge, () => Promise.resolve(reply)),
      ]),
      ...badChallenges.map((challenge, index): Operation => [
        `${credential.kind} challenge ${index}`,
        () => answer(credential, challenge, () => Promise.reject(new Error("not to be sent"))),
      ]),
    ]),
    ["token with line end", () => staticToken({ host: "ghcr.io", token: `${secret}\n` })],
    ["user with colon", () => staticCredential({ host: "ghcr.io", username: "a:b", password: secret })],
    [
      "password alone",
      () => environmentCredentials({ BLOB_PASSWORD: secret }, { hosts: ["ghcr.io"] })({ host: "ghcr.io" }),
    ],
    [
      "bad found token",
      () =>
        answer({ kind: "bearer", token: `${secret} ` }, goodChallenge, () => Promise.reject(new Error("x"))),
    ],
  ];
}

test("no error or warning tells a secret", async () => {
  const folder = await temporaryFolder({
    ...Object.fromEntries(brokenFiles.map((content, index) => [`${index}.json`, content])),
    ...Object.fromEntries(
      brokenHelpers.map((_, index) => [`helper${index}.json`, { credsStore: `broken${index}` }]),
    ),
  });
  for (const [index, body] of brokenHelpers.entries()) await writeHelper(folder, `broken${index}`, body);
  const all = operations(folder);
  for (const [name, run] of all) {
    const told: string[] = [];
    try {
      await run((message) => told.push(message));
    } catch (error) {
      told.push(inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error), String(error));
    }
    // Each of them has to fail or warn, or it would prove nothing.
    expect(told, name).not.toEqual([]);
    for (const trace of traces) expect(told.join("\n"), name).not.toContain(trace);
  }
  expect(all.length).toBeGreaterThan(50);
});

test("a description does not tell a secret", async () => {
  for (const credential of credentials) {
    const description = await describeCredential(() => Promise.resolve({ credential, source: "test" }), {
      host: "ghcr.io",
    });
    expect(JSON.stringify(description)).not.toContain(secret);
  }
});
