export type {
  Authenticator,
  AuthorizationTarget,
  Rejection,
  Scope,
  SendTokenRequest,
  TokenRequest,
} from "./tokens/authenticator.js";
export { parseChallenges, type Challenge } from "./tokens/challenge.js";
export { createAuthenticator, type AuthenticatorOptions } from "./tokens/create-authenticator.js";
export type { Credential, CredentialSource, CredentialTarget, FoundCredential } from "./credential.js";
export {
  defaultCredentials,
  dockerConfigFile,
  type DefaultCredentialsOptions,
} from "./sources/default-credentials.js";
export { describeCredential, type CredentialDescription } from "./sources/describe-credential.js";
export type { CredentialHelperOptions } from "./sources/run-helper.js";
export {
  environmentCredentials,
  type Environment,
  type EnvironmentCredentialsOptions,
} from "./sources/environment-credentials.js";
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
} from "./sources/file-credentials.js";
export { firstOf } from "./sources/first-of.js";
export { forHosts, type Hosts } from "./sources/for-hosts.js";
export {
  anonymous,
  staticCredential,
  staticToken,
  type StaticCredentialOptions,
  type StaticTokenOptions,
} from "./sources/static-credentials.js";
export { eraseCredential, storeCredential, type StoreCredentialOptions } from "./sources/store-credential.js";
