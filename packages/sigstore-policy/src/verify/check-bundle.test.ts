import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parsePublicKey } from "../keys/public-key.js";
import { checkBundle } from "./check-bundle.js";
import { parseTrustedRoot } from "./trust-material.js";

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
}

const manifest = fixture("manifest.json");
const trust = parseTrustedRoot(fixture("trusted_root.json"));

test.each([
  ["cosign-key-notlog", "cosign.pub", 0],
  ["cosign-key-rekor1", "cosign.pub", 1],
  ["meigma-key-rekor1", "meigma-key.pub", 1],
])("%s is signed with its key", (name, key, logEntries) => {
  const checked = checkBundle({
    bundle: fixture(`${name}.bundle.json`),
    artifact: { bytes: manifest },
    key: parsePublicKey(fixture(key)),
    trust,
    thresholds: { logEntries, certificateTimestamps: 0, signedTimes: 0 },
  });
  expect(checked.signer.kind).toBe("key");
});

test.each(["cosign-keyless-rekor1", "cosign-keyless-rekor2", "meigma-keyless-rekor1"])(
  "%s is signed with a certificate",
  (name) => {
    const checked = checkBundle({
      bundle: fixture(`${name}.bundle.json`),
      artifact: { bytes: manifest },
      key: undefined,
      trust,
      thresholds: { logEntries: 1, certificateTimestamps: 1, signedTimes: 1 },
    });
    expect(checked.signer).toMatchObject({
      kind: "certificate",
      claims: {
        issuer: "https://token.actions.githubusercontent.com",
        subject: "https://github.com/o/r/.github/workflows/w.yml@refs/heads/main",
        sourceRepositoryUri: "https://github.com/o/r",
        sourceRepositoryRef: "refs/heads/main",
        sourceRepositoryId: "1",
        sourceRepositoryOwnerId: "2",
      },
    });
  },
);
