import { describe, expect, test } from "vitest";
import type { TokenRequest } from "./authenticator.js";
import type { Credential } from "../credential.js";
import { exchangeToken } from "./token-exchange.js";

const question = {
  realm: new URL("https://auth.example/token"),
  service: "registry",
  scopes: ["repository:a:pull"],
  host: "registry.example",
};
const identity: Credential = { kind: "identity", token: "refresh" };

/** Every answer has the same status; gives what was sent, and what came of it. */
async function exchange(
  credential: Credential | undefined,
  status: number,
  asked: { readonly service?: string | undefined; readonly scopes?: readonly string[] } = {},
): Promise<{ sent: readonly TokenRequest[]; result: unknown }> {
  const sent: TokenRequest[] = [];
  const found = credential === undefined ? undefined : { credential, source: "test" };
  const result = await exchangeToken(
    { ...question, ...asked },
    found,
    (request) => {
      sent.push(request);
      return Promise.resolve({ status, body: '{"token":"t"}' });
    },
    {},
  ).catch((error: unknown) => error);
  return { sent, result };
}

test.each([undefined, identity])(
  "only a user name and password are sent in a second way: not %j",
  async (credential) => {
    for (const status of [404, 405]) {
      const { sent, result } = await exchange(credential, status);
      expect(sent).toHaveLength(1);
      expect(result).toMatchObject({ code: "TokenUnavailable", status });
    }
  },
);

test("what is not known is not asked for", async () => {
  const { sent } = await exchange(identity, 200, { service: undefined, scopes: [] });
  expect(Object.fromEntries(new URLSearchParams(sent[0]?.body))).toEqual({
    grant_type: "refresh_token",
    refresh_token: "refresh",
    client_id: "blob",
  });
  const anonymous = await exchange(undefined, 200, { service: undefined, scopes: [] });
  expect(anonymous.sent[0]?.url.href).toBe("https://auth.example/token");
});

describe("a server that gives no token", () => {
  test.each([429, 500, 502, 503])("with %i may do so later", async (status) => {
    const { result } = await exchange(undefined, status);
    expect(result).toMatchObject({
      code: "TokenUnavailable",
      message: `the token server of registry.example (auth.example) answered with status ${status}: try again later`,
    });
  });

  test.each([201, 204, 302, 404, 418, 499])("with %i is no token server", async (status) => {
    const { result } = await exchange(undefined, status);
    expect(result).toMatchObject({
      code: "TokenUnavailable",
      message: expect.stringContaining("that is no answer to a request for a token"),
    });
  });
});
