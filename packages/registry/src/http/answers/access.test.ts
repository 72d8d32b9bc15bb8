import { createAuthenticator, staticCredential } from "@blob/auth";
import type { TestRegistry } from "@blob/testing";
import { startTestRegistry } from "@blob/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HttpRegistry } from "../../http-registry.js";
import { createHttpRegistry } from "../../http-registry.js";

let server: TestRegistry;
let registry: HttpRegistry;

beforeEach(async () => {
  server = await startTestRegistry();
});
afterEach(async () => {
  await registry.close();
  await server.close();
});

function connect(password: string): void {
  const { host } = server;
  const credentials = staticCredential({ host, username: "me", password });
  registry = createHttpRegistry(host, {
    plainHttp: true,
    authenticator: createAuthenticator({ credentials }),
  });
}

test("an open registry lets everybody in, and that is said", async () => {
  connect("secret");
  expect(await registry.checkAccess()).toEqual({ authorized: false });
});

test("credentials are accepted or refused", async () => {
  server.quirks.tokenAuth = { username: "me", password: "secret" };
  connect("secret");
  expect(await registry.checkAccess()).toEqual({ authorized: true });
  await registry.close();
  connect("guess");
  await expect(registry.checkAccess()).rejects.toMatchObject({ code: "TokenRefused" });
});
