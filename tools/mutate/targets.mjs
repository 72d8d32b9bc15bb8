// The files that the trust table and the invariants of ARCHITECTURE.md name, each with the tests that answer for it.

const verification = ["verify/*", "policies/*"];

/**
 * Files and tests are relative to the package's `src`; `*` stands for every source (or test) of that folder.
 * @type {readonly { readonly package: string, readonly files: readonly string[], readonly tests: readonly string[] }[]}
 */
export const targets = [
  {
    package: "sigstore-policy",
    files: [
      "verify/check-bundle.ts",
      "verify/certificate-claims.ts",
      "verify/log-entry.ts",
      "verify/entry-body.ts",
      "verify/checkpoint.ts",
      "verify/merkle.ts",
      "verify/signed-content.ts",
      "verify/signed-digest.ts",
      "verify/signature-hash.ts",
      "verify/statement.ts",
      "verify/trust-material.ts",
      "verify/bundle-schema.ts",
      "verify/strict-json.ts",
      "verify/der.ts",
      "verify/glob.ts",
    ],
    tests: verification,
  },
  {
    package: "sigstore-policy",
    files: [
      "policies/github-actions-policy.ts",
      "policies/slsa-policy.ts",
      "policies/attestation-policy.ts",
      "policies/sigstore-policy.ts",
      "policies/requirements.ts",
      "policies/refs.ts",
      "policies/provenance.ts",
      "combinators.ts",
      "bundle/bundle-candidates.ts",
      "bundle/referrer-manifest.ts",
    ],
    tests: [...verification, "combinators.test.ts", "policy-file/*"],
  },
  {
    package: "sigstore-policy",
    files: [
      "keys/kdf-limits.ts",
      "keys/der-reader.ts",
      "keys/pkcs8-encryption.ts",
      "keys/sigstore-encryption.ts",
    ],
    tests: ["keys/*"],
  },
  {
    package: "sigstore-policy",
    files: ["trust/trusted-root-tuf.ts", "trust/tuf-fetcher.ts", "trust/tuf-cache.ts"],
    tests: ["trust/*"],
  },
  {
    package: "auth",
    files: [
      "realm.ts",
      "private-host.ts",
      "authorization-value.ts",
      "matching-keys.ts",
      "create-authenticator.ts",
      "challenge.ts",
      "scopes.ts",
      "token-response.ts",
      "token-exchange.ts",
    ],
    tests: ["*"],
  },
  {
    package: "cache",
    files: ["checked-entry.ts", "digest-cache.ts", "entry-name.ts", "private-directory.ts", "read-entry.ts"],
    tests: ["*"],
  },
  { package: "registry", files: ["digest.ts"], tests: ["digest.test.ts"] },
  { package: "registry", files: ["reference.ts"], tests: ["reference.test.ts"] },
  {
    package: "registry",
    files: ["manifest-rules.ts"],
    tests: ["manifest-rules.test.ts"],
  },
  { package: "registry", files: ["manifest-content.ts"], tests: ["manifest-content.test.ts"] },
  {
    package: "registry",
    files: ["http/manifests.ts"],
    tests: ["http/manifest-answers.test.ts"],
  },
  {
    package: "registry",
    files: ["http/redirect-rule.ts", "http/host-zone.ts"],
    tests: ["http/redirect-rule.test.ts", "http/host-zone.test.ts"],
  },
  {
    package: "registry",
    files: ["http/authorization.ts"],
    tests: ["http/authorization.test.ts"],
  },
  { package: "registry", files: ["http/redirect.ts"], tests: ["http/redirect.test.ts"] },
  { package: "registry", files: ["http/retry.ts"], tests: ["http/retry.test.ts"] },
  { package: "registry", files: ["http/redact.ts"], tests: ["http/redact.test.ts"] },
  {
    package: "registry",
    files: ["http/proof.ts", "http/stored-blob.ts", "http/blob-stat.ts"],
    tests: ["http/proof.test.ts", "http/stored-blob.test.ts", "http/blob-stat.test.ts"],
  },
  { package: "registry", files: ["http/content-range.ts"], tests: ["http/content-range.test.ts"] },
  { package: "registry", files: ["http/range-reader.ts"], tests: ["http/range-answers.test.ts"] },
  {
    package: "registry",
    files: ["http/link-header.ts"],
    tests: ["http/link-header.test.ts"],
  },
  {
    package: "format",
    files: [
      "index-table.ts",
      "index-order.ts",
      "index-codec.ts",
      "content-reader.ts",
      "byte-range.ts",
      "path.ts",
      "path-bytes.ts",
      "path-lookup.ts",
      "zstd/frame-scanner.ts",
      "zstd/frame-header.ts",
      "zstd/frame-limits.ts",
      "zstd/frame.ts",
      "zstd/decoder.ts",
    ],
    tests: ["*", "zstd/*"],
  },
  {
    package: "format",
    files: ["node/portable-path.ts", "node/read-small-file.ts", "node/extract-contents.ts"],
    tests: ["node/*"],
  },
  { package: "client", files: ["archive-manifest.ts"], tests: ["archive-manifest.test.ts"] },
  { package: "client", files: ["pull.ts"], tests: ["pull.test.ts"] },
  { package: "client", files: ["push.ts"], tests: ["push-archive.test.ts"] },
  { package: "client", files: ["policies.ts"], tests: ["policies.test.ts"] },
];
