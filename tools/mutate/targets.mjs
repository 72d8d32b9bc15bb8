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
    ],
    tests: verification,
  },
  {
    package: "sigstore-policy",
    files: [
      "verify/signed-content.ts",
      "verify/signed-digest.ts",
      "verify/signature-hash.ts",
      "verify/trust-material.ts",
    ],
    tests: [
      "verify/signed-content.test.ts",
      "verify/signed-digest.test.ts",
      "verify/trust-material.test.ts",
      "verify/verify-bundle.test.ts",
      "verify/golden-bundles.test.ts",
    ],
  },
  {
    package: "sigstore-policy",
    files: [
      "verify/statement.ts",
      "verify/bundle-schema.ts",
      "verify/strict-json.ts",
      "verify/der.ts",
      "verify/glob.ts",
    ],
    tests: [
      "verify/statement.test.ts",
      "verify/bundle-schema.test.ts",
      "verify/strict-json.test.ts",
      "verify/der.test.ts",
      "verify/glob.test.ts",
      "verify/certificate-claims.test.ts",
      "verify/verify-bundle.test.ts",
    ],
  },
  {
    package: "sigstore-policy",
    files: [
      "policies/github-actions-policy.ts",
      "policies/refs.ts",
      "policies/provenance.ts",
      "policies/slsa-policy.ts",
      "policies/attestation-policy.ts",
      "policies/resolve-requirement.ts",
      "policies/sigstore-policy.ts",
      "bundle/bundle-candidates.ts",
      "bundle/referrer-manifest.ts",
    ],
    tests: ["policies/*", "bundle/*"],
  },
  { package: "sigstore-policy", files: ["combinators.ts"], tests: ["combinators.test.ts"] },
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
      "authorization-value.ts",
      "matching-keys.ts",
      "create-authenticator.ts",
      "challenge.ts",
      "for-hosts.ts",
      "scopes.ts",
      "token-response.ts",
      "token-exchange.ts",
    ],
    tests: ["*"],
  },
  {
    package: "auth",
    files: ["hosts/host-zone.ts", "hosts/address-zone.ts"],
    tests: ["hosts/*"],
  },
  {
    package: "cache",
    files: ["checked-entry.ts", "digest-cache.ts"],
    tests: ["*"],
  },
  { package: "registry", files: ["digest.ts"], tests: ["digest.test.ts"] },
  { package: "registry", files: ["reference.ts"], tests: ["reference.test.ts"] },
  {
    package: "cache",
    files: ["entry-name.ts", "private-directory.ts", "private-file.ts", "read-entry.ts"],
    tests: [
      "entry-name.test.ts",
      "private-directory.test.ts",
      "private-file.test.ts",
      "read-entry.test.ts",
      "disk-store.test.ts",
      "cache-directory.test.ts",
    ],
  },
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
    files: ["http/redirect-rule.ts"],
    tests: ["http/redirect-rule.test.ts", "http/steering.test.ts"],
  },
  {
    package: "registry",
    files: ["http/authorization.ts"],
    tests: ["http/authorization.test.ts", "http/steering.test.ts"],
  },
  {
    package: "registry",
    files: ["http/redirect.ts"],
    tests: [
      "http/redirect.test.ts",
      "http/upload-place.test.ts",
      "http/steering.test.ts",
      "http/connection-guard.test.ts",
    ],
  },
  { package: "registry", files: ["http/upload-place.ts"], tests: ["http/upload-place.test.ts"] },
  {
    package: "registry",
    files: ["http/connection-guard.ts", "http/reached-zones.ts"],
    tests: ["http/connection-guard.test.ts"],
  },
  {
    package: "registry",
    files: ["server/request-guard.ts", "server/host-check.ts", "server/manifest-type.ts"],
    tests: ["server/browsers.test.ts", "server/request-guard.test.ts", "server/manifest-type.test.ts"],
  },
  { package: "registry", files: ["layout/layout-path.ts"], tests: ["layout/layout-path.test.ts"] },
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
    files: ["index-table.ts", "index-order.ts", "flatbuffer.ts"],
    tests: [
      "flatbuffer.test.ts",
      "index-order.test.ts",
      "index-table.test.ts",
      "index-attacks.test.ts",
      "index-codec.test.ts",
      "index-encoder.test.ts",
      "golden-archives.test.ts",
    ],
  },
  {
    package: "format",
    files: ["content-reader.ts", "byte-range.ts"],
    tests: [
      "byte-range.test.ts",
      "content-reader.test.ts",
      "archive-reader.test.ts",
      "buffer-source.test.ts",
      "golden-archives.test.ts",
    ],
  },
  {
    package: "format",
    files: ["path.ts", "path-bytes.ts", "path-lookup.ts"],
    tests: [
      "path-bytes.test.ts",
      "path.test.ts",
      "path-lookup.test.ts",
      "index-table.test.ts",
      "index-attacks.test.ts",
    ],
  },
  {
    package: "format",
    files: [
      "zstd/frame-scanner.ts",
      "zstd/frame-header.ts",
      "zstd/frame-limits.ts",
      "zstd/frame.ts",
      "zstd/decoder.ts",
    ],
    tests: [
      "zstd/frame-header.test.ts",
      "zstd/decoder.test.ts",
      "zstd/frame-attacks.test.ts",
      "zstd/flood-attacks.test.ts",
      "zstd/portable.test.ts",
    ],
  },
  {
    package: "format",
    files: ["node/source-directory.ts", "node/source-directories.ts"],
    tests: ["node/create-attacks.test.ts", "node/source-directories.test.ts", "node/walk.test.ts"],
  },
  {
    package: "format",
    files: ["node/frame-proof.ts"],
    tests: ["node/proving-encoder.test.ts", "node/frame-proof.test.ts"],
  },
  {
    package: "format",
    files: ["node/portable-path.ts", "node/read-small-file.ts"],
    tests: ["node/*"],
  },
  { package: "client", files: ["archive-manifest.ts"], tests: ["archive-manifest.test.ts"] },
  { package: "client", files: ["pull.ts"], tests: ["pull.test.ts"] },
  { package: "client", files: ["push.ts"], tests: ["push-archive.test.ts"] },
  { package: "client", files: ["policies.ts"], tests: ["policies.test.ts"] },
  { package: "client", files: ["trust-domain.ts"], tests: ["trust-domain.test.ts"] },
  { package: "client", files: ["kept-blocks.ts"], tests: ["kept-blocks.test.ts", "caching.test.ts"] },
  {
    package: "cli",
    files: ["config/canonical-reference.ts", "config/match-reference.ts"],
    tests: ["config/canonical-reference.test.ts"],
  },
  {
    package: "cli",
    files: ["printable.ts", "terminal-text.ts"],
    tests: ["printable.test.ts", "printable-cells.test.ts", "terminal-text.test.ts", "clean-output.test.ts"],
  },
  { package: "cli", files: ["compile-cache.ts"], tests: ["compile-cache.test.ts"] },
  { package: "cli", files: ["serve/markdown-link.ts"], tests: ["serve/markdown-link.test.ts"] },
];
