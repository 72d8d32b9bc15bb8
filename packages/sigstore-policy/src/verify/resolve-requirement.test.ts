import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { KeylessThresholds, KeyThresholds } from "./requirements.js";
import { resolveRequirement } from "./resolve-requirement.js";

const trustedRoot = { name: "none", load: () => Promise.reject(new Error("not needed")) };
const identity = { issuer: "https://issuer.example", subject: "https://github.com/acme/*/build.yml@*" };
const key = generateKeyPairSync("ec", { namedCurve: "P-256" })
  .publicKey.export({ format: "pem", type: "spki" })
  .toString();

const keyless = (thresholds?: KeylessThresholds): ReturnType<typeof resolveRequirement> =>
  resolveRequirement("it", { identity, trustedRoot, thresholds });
const keyed = (thresholds?: KeyThresholds, root: typeof trustedRoot | undefined = trustedRoot): unknown =>
  resolveRequirement("it", { key, trustedRoot: root, thresholds }).thresholds;
const invalid = (message: string): unknown =>
  expect.objectContaining({ code: "InvalidPolicy", policy: "it", message: `it: ${message}` });

test("a certificate has one witness of each kind, unless it is said otherwise", () => {
  expect(keyless().thresholds).toEqual({ logEntries: 1, certificateTimestamps: 1, signedTimes: 1 });
  expect(keyless({ logEntries: 0 }).thresholds).toEqual({
    logEntries: 0,
    certificateTimestamps: 1,
    signedTimes: 1,
  });
  const others = { logEntries: 2, certificateTimestamps: 0, signedTimes: 3 };
  expect(keyless(others)).toMatchObject({ kind: "certificate", trustedRoot, thresholds: others });
});

test("a key has a log entry when there is a trusted root, and no other witness", () => {
  expect(keyed()).toEqual({ logEntries: 1, certificateTimestamps: 0, signedTimes: 0 });
  const withoutRoot = resolveRequirement("it", { key });
  expect(withoutRoot).toMatchObject({ kind: "key", trustedRoot: undefined });
  expect(withoutRoot.thresholds).toEqual({ logEntries: 0, certificateTimestamps: 0, signedTimes: 0 });
  expect(keyed({ logEntries: 0, signedTimes: 2 })).toMatchObject({ logEntries: 0, signedTimes: 2 });
});

test("witnesses of a key cannot be required without a trusted root", () => {
  const message = "log entries and signed times can only be required with a trusted root";
  for (const thresholds of [{ logEntries: 1 }, { signedTimes: 1 }, { logEntries: 2, signedTimes: 2 }]) {
    expect(() => resolveRequirement("it", { key, thresholds })).toThrow(invalid(message));
  }
  expect(() =>
    resolveRequirement("it", { key, thresholds: { logEntries: 0, signedTimes: 0 } }),
  ).not.toThrow();
});

test("a certificate without a signed time is refused: it is valid for minutes", () => {
  expect(() => keyless({ signedTimes: 0 })).toThrow("at least one signed time");
});

describe("a number of witnesses is a whole number from 0 on", () => {
  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("%d is none", (value) => {
    for (const field of ["logEntries", "certificateTimestamps", "signedTimes"] as const) {
      expect(() => keyless({ [field]: value })).toThrow(invalid(`${field} is not a number of witnesses`));
    }
    for (const field of ["logEntries", "signedTimes"] as const) {
      expect(() => keyed({ [field]: value })).toThrow(invalid(`${field} is not a number of witnesses`));
    }
  });
});

test("an identity has an issuer and a subject", () => {
  for (const change of [{ issuer: "" }, { subject: "" }, { issuer: undefined }, { subject: ["*"] }]) {
    const other: typeof identity = Object({ ...identity, ...change });
    expect(() => resolveRequirement("it", { identity: other, trustedRoot })).toThrow(
      invalid("an identity needs an issuer and a subject"),
    );
  }
});

test("issuer and subject both have to be those of the certificate", () => {
  const resolved = keyless();
  if (resolved.kind !== "certificate") throw new Error("not a certificate");
  const claims = { issuer: identity.issuer, subject: "https://github.com/acme/site/build.yml@main" };
  expect(resolved.rule(claims)).toBeUndefined();
  const refused = (change: Partial<typeof claims>): string | undefined =>
    resolved.rule({ ...claims, ...change });
  expect(refused({ issuer: "https://other.example" })).toBe(
    `signed by ${claims.subject} (https://other.example), not by ${identity.subject} (${identity.issuer})`,
  );
  expect(refused({ subject: "https://github.com/acme/site/other.yml@main" })).toContain("signed by");
});
