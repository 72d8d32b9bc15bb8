export { all, any } from "./combinators.js";
export { isPolicyError, PolicyError, policyErrorCodes } from "./errors.js";
export type { PolicyErrorCode, PolicyErrorDetails } from "./errors.js";
export type {
  KeylessRequirement,
  KeylessThresholds,
  KeyRequirement,
  KeyThresholds,
  SignerIdentity,
} from "./verify/requirements.js";
export type { TrustedRootSource } from "./verify/trusted-root-source.js";
export { fetchPublicKey } from "./keys/fetch-public-key.js";
export { generateKeyPair } from "./keys/generate-key-pair.js";
export type { GeneratedKeyPair, GenerateKeyPairOptions } from "./keys/generate-key-pair.js";
export type { KeyAlgorithm } from "./keys/key-algorithm.js";
export { loadPrivateKey } from "./keys/private-key.js";
export type { LoadPrivateKeyOptions, PrivateKey } from "./keys/private-key.js";
export { parsePublicKey } from "./keys/public-key.js";
export type { PublicKey } from "./keys/public-key.js";
export { browserToken } from "./oidc/browser-token.js";
export type { BrowserTokenOptions } from "./oidc/browser-token.js";
export { defaultToken } from "./oidc/default-token.js";
export type { DefaultTokenOptions } from "./oidc/default-token.js";
export { githubActionsToken } from "./oidc/github-actions-token.js";
export { environmentToken, staticToken } from "./oidc/static-token.js";
export type { EnvironmentTokenOptions, TokenClock } from "./oidc/static-token.js";
export type { TokenOptions, TokenProvider } from "./oidc/token-provider.js";
export { keySigner } from "./sign/key-signer.js";
export type { KeySignerOptions } from "./sign/key-signer.js";
export { keylessSigner } from "./sign/keyless-signer.js";
export type { KeylessSignerOptions } from "./sign/keyless-signer.js";
export type { ServiceLimits } from "./sign/service-request.js";
export type { LogService, SigningOptions } from "./sign/sign-manifest.js";
export { parseSigningConfig } from "./sign/signing-config.js";
export type { SigningConfigOptions, SigningServices } from "./sign/signing-config.js";
export { githubActionsPolicy } from "./policies/github-actions-policy.js";
export type {
  GitHubActionsPolicyOptions,
  GitHubActionsRequirement,
} from "./policies/github-actions-policy.js";
export type { RefOptions } from "./policies/refs.js";
export { policy, publicKeyPolicy, sigstorePolicy } from "./policies/sigstore-policy.js";
export type {
  PolicyRequirement,
  PredicateOptions,
  PublicKeyPolicyOptions,
  SigstorePolicyOptions,
} from "./policies/sigstore-policy.js";
export { githubActionsProvenance, slsaPolicy } from "./policies/slsa-policy.js";
export type { GitHubActionsProvenanceOptions, SlsaPolicyOptions } from "./policies/slsa-policy.js";
export type { VerifiedAttestation } from "./policies/verified-attestation.js";
export type { CertificateClaims } from "./verify/certificate-claims.js";
export type { CheckedBundle, CheckedSigner } from "./verify/check-bundle.js";
export type { Artifact } from "./verify/signed-content.js";
export type { Statement } from "./verify/statement.js";
export { verifyBundle } from "./verify/verify-bundle.js";
export type { VerifyBundleOptions } from "./verify/verify-bundle.js";
export { trustedRootBytes, trustedRootFile } from "./trust/trusted-root-file.js";
export { trustedRootTuf } from "./trust/trusted-root-tuf.js";
export type { TrustedRootTufOptions, TufMirror } from "./trust/trusted-root-tuf.js";
export { parsePolicyFile, policyFromContent, policyFromFile } from "./policy-file/policy-file.js";
export type { PolicyFileOptions, PolicyTextOptions } from "./policy-file/policy-file-options.js";
