// The files that the trust table of ARCHITECTURE.md and docs/invariants.md name, each with the tests that answer for it.

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
    files: ["verify/check-made-bundle.ts"],
    tests: ["verify/check-made-bundle.test.ts"],
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
      "der/der-reader.ts",
      "verify/glob.ts",
    ],
    tests: [
      "verify/statement.test.ts",
      "verify/bundle-schema.test.ts",
      "verify/strict-json.test.ts",
      "der/der-reader.test.ts",
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
      "policies/sigstore-policy.ts",
      "verify/resolve-requirement.ts",
      "referrers/bundle-candidates.ts",
      "referrers/referrer-manifest.ts",
    ],
    tests: ["policies/*", "referrers/*", "verify/resolve-requirement.test.ts"],
  },
  { package: "sigstore-policy", files: ["combinators.ts"], tests: ["combinators.test.ts"] },
  {
    package: "sigstore-policy",
    files: ["keys/kdf-limits.ts", "keys/pkcs8-encryption.ts", "keys/sigstore-encryption.ts"],
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
      "tokens/realm.ts",
      "tokens/authorization-value.ts",
      "files/matching-keys.ts",
      "tokens/create-authenticator.ts",
      "tokens/challenge.ts",
      "sources/for-hosts.ts",
      "tokens/scopes.ts",
      "tokens/token-response.ts",
      "tokens/token-exchange.ts",
    ],
    tests: ["*"],
  },
  {
    package: "core",
    files: ["hosts/host-zone.ts", "hosts/address-zone.ts", "hosts/ip-address.ts"],
    tests: ["hosts/*"],
  },
  {
    package: "core",
    files: ["files/private-directory.ts", "files/private-file.ts"],
    tests: ["files/*"],
  },
  { package: "core", files: ["ranges/content-range.ts"], tests: ["ranges/content-range.test.ts"] },
  { package: "core", files: ["text/printable.ts"], tests: ["text/printable.test.ts"] },
  {
    package: "cache",
    files: ["checked-entry.ts", "digest-cache.ts"],
    tests: ["*"],
  },
  { package: "registry", files: ["digest.ts"], tests: ["digest.test.ts"] },
  { package: "registry", files: ["reference.ts"], tests: ["reference.test.ts"] },
  {
    package: "cache",
    files: ["entry-name.ts", "read-entry.ts"],
    tests: ["entry-name.test.ts", "read-entry.test.ts", "disk-store.test.ts", "cache-directory.test.ts"],
  },
  {
    package: "registry",
    files: ["manifest/manifest-rules.ts"],
    tests: ["manifest/manifest-rules.test.ts"],
  },
  {
    package: "registry",
    files: ["manifest/manifest-content.ts"],
    tests: ["manifest/manifest-content.test.ts"],
  },
  {
    package: "registry",
    files: ["http/manifests/manifests.ts"],
    tests: ["http/manifests/manifest-answers.test.ts"],
  },
  {
    package: "registry",
    files: ["http/layers/redirect-rule.ts"],
    tests: ["http/layers/redirect-rule.test.ts", "http/layers/steering.test.ts"],
  },
  {
    package: "registry",
    files: ["http/layers/authorization.ts"],
    tests: ["http/layers/authorization.test.ts", "http/layers/steering.test.ts"],
  },
  {
    package: "registry",
    files: ["http/layers/redirect.ts"],
    tests: [
      "http/layers/redirect.test.ts",
      "http/layers/upload-place.test.ts",
      "http/layers/steering.test.ts",
      "http/transport/connection-guard.test.ts",
    ],
  },
  {
    package: "registry",
    files: ["http/layers/upload-place.ts"],
    tests: ["http/layers/upload-place.test.ts"],
  },
  {
    package: "registry",
    files: ["http/transport/connection-guard.ts", "http/transport/reached-zones.ts"],
    tests: ["http/transport/connection-guard.test.ts"],
  },
  {
    package: "registry",
    files: ["server/request-guard.ts", "server/host-check.ts", "server/manifest-type.ts"],
    tests: ["server/browsers.test.ts", "server/request-guard.test.ts", "server/manifest-type.test.ts"],
  },
  { package: "registry", files: ["layout/layout-path.ts"], tests: ["layout/layout-path.test.ts"] },
  { package: "registry", files: ["http/layers/retry.ts"], tests: ["http/layers/retry.test.ts"] },
  { package: "registry", files: ["http/layers/redact.ts"], tests: ["http/layers/redact.test.ts"] },
  {
    package: "registry",
    files: ["http/answers/proof.ts", "http/blobs/stored-blob.ts", "http/blobs/blob-stat.ts"],
    tests: ["http/answers/proof.test.ts", "http/blobs/stored-blob.test.ts", "http/blobs/blob-stat.test.ts"],
  },
  { package: "registry", files: ["http/blobs/range-reader.ts"], tests: ["http/blobs/range-answers.test.ts"] },
  {
    package: "registry",
    files: ["http/answers/link-header.ts"],
    tests: ["http/answers/link-header.test.ts"],
  },
  {
    package: "format",
    files: ["index-codec/index-table.ts", "index-codec/index-order.ts", "index-codec/flatbuffer.ts"],
    tests: [
      "index-codec/flatbuffer.test.ts",
      "index-codec/index-order.test.ts",
      "index-codec/index-table.test.ts",
      "index-codec/index-attacks.test.ts",
      "index-codec/index-codec.test.ts",
      "index-codec/index-encoder.test.ts",
      "golden-archives.test.ts",
    ],
  },
  {
    package: "format",
    files: ["index-codec/chunk-table.ts", "index-codec/file-chunks.ts"],
    tests: ["index-codec/chunk-table.test.ts"],
  },
  {
    package: "format",
    files: ["reading/content-reader.ts", "sources/byte-range.ts"],
    tests: [
      "sources/byte-range.test.ts",
      "reading/content-reader.test.ts",
      "reading/archive-reader.test.ts",
      "sources/buffer-source.test.ts",
      "golden-archives.test.ts",
    ],
  },
  {
    package: "format",
    files: ["paths/path.ts", "index-codec/path-bytes.ts", "index-codec/path-lookup.ts"],
    tests: [
      "index-codec/path-bytes.test.ts",
      "paths/path.test.ts",
      "index-codec/path-lookup.test.ts",
      "index-codec/index-table.test.ts",
      "index-codec/index-attacks.test.ts",
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
    files: ["node/walk/source-directory.ts", "node/walk/source-directories.ts"],
    tests: [
      "node/create/create-attacks.test.ts",
      "node/walk/source-directories.test.ts",
      "node/walk/walk.test.ts",
    ],
  },
  {
    package: "format",
    files: ["node/zstd/frame-proof.ts"],
    tests: ["node/zstd/proving-encoder.test.ts", "node/zstd/frame-proof.test.ts"],
  },
  {
    package: "format",
    files: ["node/files/portable-path.ts", "node/walk/read-small-file.ts"],
    tests: ["node/*"],
  },
  {
    package: "client",
    files: ["manifest/archive-manifest.ts"],
    tests: ["manifest/archive-manifest.test.ts"],
  },
  { package: "client", files: ["verbs/pull.ts"], tests: ["verbs/pull.test.ts"] },
  { package: "client", files: ["verbs/push.ts"], tests: ["verbs/push-archive.test.ts"] },
  { package: "client", files: ["verbs/policies.ts"], tests: ["verbs/policies.test.ts"] },
  { package: "client", files: ["caching/trust-domain.ts"], tests: ["caching/trust-domain.test.ts"] },
  {
    package: "client",
    files: ["caching/kept-blocks.ts"],
    tests: ["caching/kept-blocks.test.ts", "caching/caching.test.ts"],
  },
  {
    package: "cli",
    files: ["config/canonical-reference.ts", "config/match-reference.ts"],
    tests: ["config/canonical-reference.test.ts"],
  },
  {
    package: "cli",
    files: ["output/terminal-text.ts"],
    tests: ["output/terminal-text.test.ts", "clean-output.test.ts"],
  },
  { package: "cli", files: ["compile-cache.ts"], tests: ["compile-cache.test.ts"] },
  { package: "cli", files: ["serve/markdown-link.ts"], tests: ["serve/markdown-link.test.ts"] },
];
