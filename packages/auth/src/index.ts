export type {
  Authenticator,
  AuthorizationTarget,
  Rejection,
  Scope,
  SendTokenRequest,
  TokenRequest,
} from "./authenticator.js";
export type { Credential, CredentialSource, CredentialTarget, FoundCredential } from "./credential.js";
