export type {
  Authenticator,
  AuthorizationTarget,
  Rejection,
  Scope,
  SendTokenRequest,
  TokenRequest,
} from "./authenticator.js";
export { parseChallenges, type Challenge } from "./challenge.js";
export { createAuthenticator, type AuthenticatorOptions } from "./create-authenticator.js";
export type { Credential, CredentialSource, CredentialTarget, FoundCredential } from "./credential.js";
export {
  defaultCredentials,
  dockerConfigFile,
  type DefaultCredentialsOptions,
} from "./default-credentials.js";
export { describeCredential, type CredentialDescription } from "./describe-credential.js";
export type { CredentialHelperOptions } from "./run-helper.js";
export {
  environmentCredentials,
  type Environment,
  type EnvironmentCredentialsOptions,
} from "./environment-credentials.js";
export {
  AuthError,
  authErrorCodes,
  isAuthError,
  type AuthErrorCode,
  type AuthErrorDetails,
} from "./errors.js";
export {
  containersAuthCredentials,
  dockerConfigCredentials,
  type FileCredentialsOptions,
} from "./file-credentials.js";
export { firstOf } from "./first-of.js";
export { forHosts, type Hosts } from "./for-hosts.js";
export {
  anonymous,
  staticCredential,
  staticToken,
  type StaticCredentialOptions,
  type StaticTokenOptions,
} from "./static-credentials.js";
export { eraseCredential, storeCredential, type StoreCredentialOptions } from "./store-credential.js";
