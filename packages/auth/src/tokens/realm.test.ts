import { describe, expect, test } from "vitest";
import { checkRealm } from "./realm.js";

function check(origin: string, realm: string): string {
  return checkRealm(realm, { origin, host: new URL(origin).host }).href;
}

describe("checkRealm lets credentials go to", () => {
  test.each([
    ["https://ghcr.io", "https://ghcr.io/token"],
    ["https://registry-1.docker.io", "https://auth.docker.io/token"],
    ["https://10.0.0.5", "https://10.0.0.5/token"],
    ["https://10.0.0.5", "https://10.0.0.6/token"],
    ["https://registry.internal", "https://auth.internal/token"],
    ["http://localhost:5000", "http://127.0.0.1:5001/token"],
    ["http://registry:5000", "http://auth:5001/token"],
    ["http://localhost:5000", "https://auth.example.com/token"],
    ["https://ghcr.io", "https://8.8.8.8/token?tenant=1"],
    ["https://ghcr.io", "https://[2606:4700::1111]/token"],
    // Names that only look like those of a private network.
    ["https://ghcr.io", "https://local.example.com/token"],
    ["https://ghcr.io", "https://auth.internal.example.com/token"],
    ["https://ghcr.io", "https://notlocal.xlan/token"],
  ])("for %s, %s", (origin, realm) => {
    expect(check(origin, realm)).toBe(realm);
  });
});

describe("checkRealm keeps credentials from", () => {
  test.each([
    ["https://ghcr.io", "http://ghcr.io/token"],
    ["https://ghcr.io", "http://localhost/token"],
    ["https://localhost:5000", "http://localhost:5001/token"],
    ["https://ghcr.io", "https://user:pw@auth.example.com/token"],
    ["https://ghcr.io", "https://user@auth.example.com/token"],
    ["https://ghcr.io", "https://:pw@auth.example.com/token"],
    ...[
      "localhost",
      "localhost.",
      "a.localhost",
      "auth",
      "metadata.google.internal",
      "printer.local",
      "127.0.0.1",
      "127.1",
      "0x7f.1",
      "2130706433",
      "0.0.0.0",
      "10.1.2.3",
      "100.64.0.1",
      "169.254.169.254",
      "172.31.255.255",
      "192.168.0.1",
      "224.0.0.1",
      "255.255.255.255",
      "[::1]",
      "[::]",
      "[::ffff:127.0.0.1]",
      "[::ffff:a00:1]",
      "[64:ff9b::7f00:1]",
      "[fd00::1]",
      "[fe80::1]",
      "[2002:7f00:1::]",
      "[64:ff9b:1::a9fe:a9fe]",
      "192.0.0.192",
      "registry.default.svc",
      "machine.localdomain",
    ].map((host) => ["https://ghcr.io", `https://${host}/token`]),
    ["http://registry.example.com", "http://127.0.0.1/token"],
    ["https://10.0.0.5", "https://169.254.169.254/token"],
    ["https://10.0.0.5", "https://127.0.0.1/token"],
  ])("for %s, %s", (origin, realm) => {
    expect(() => check(origin, realm)).toThrow(expect.objectContaining({ code: "InsecureRealm" }));
  });
});

test("checkRealm leaves out a fragment, which is for nobody", () => {
  expect(check("https://ghcr.io", "https://ghcr.io/token?tenant=1#more")).toBe(
    "https://ghcr.io/token?tenant=1",
  );
});

test.each([
  "",
  "/token",
  "auth.docker.io/token",
  "ftp://auth.docker.io/",
  "file:///etc/passwd",
  "javascript:1",
])("checkRealm refuses %j as no URL of a token server", (realm) => {
  expect(() => check("https://ghcr.io", realm)).toThrow(
    expect.objectContaining({ code: "InvalidChallenge" }),
  );
});
