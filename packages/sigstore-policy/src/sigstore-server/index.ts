export type { CertificateAuthority, CertificateRequest } from "./certificate-authority.js";
export type { SubjectAlternativeName } from "./certificate.js";
export { extendedKeyUsageOids, extension } from "./certificate.js";
export type { CtLog, CtSubmission } from "./ct-log.js";
export { createCtLog } from "./ct-log.js";
export type { BundleContent } from "./forge.js";
export { signBytes } from "./forge.js";
export type { TokenClaims } from "./identity.js";
export { githubActionsClaims, identityExtension, identityExtensions } from "./identity.js";
export type { IdentityTokens } from "./identity-tokens.js";
export type { KeyPair } from "./key-pair.js";
export { createKeyPair } from "./key-pair.js";
export type { Verifier } from "./log-bodies.js";
export { dsseBody, hashedRekordBody, hashedRekordV2Body, intotoBody } from "./log-bodies.js";
export type { Misbehaviour, ServiceName } from "./misbehaviour.js";
export type { SigstoreRequest, TestSigstore, TestSigstoreOptions } from "./test-sigstore.js";
export { startTestSigstore } from "./test-sigstore.js";
export type { TimestampAuthority, TimestampRequest } from "./timestamp-authority.js";
export type { AppendOptions, CheckpointOptions, TransparencyLog } from "./transparency-log.js";
export { createTransparencyLog } from "./transparency-log.js";
export type { ServiceUrls } from "./trusted-root.js";
export type {
  BundleJson,
  DsseEnvelopeJson,
  LogEntryJson,
  MessageSignatureJson,
} from "../bundle/bundle-json.js";
