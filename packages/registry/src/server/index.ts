export type {
  ListeningServer,
  ListenOptions,
  RegistryServer,
  RegistryServerOptions,
} from "./registry-server.js";
export { createRegistryServer } from "./registry-server.js";
export type { Refusal, RequestGuard, RequestGuardOptions } from "./request-guard.js";
export { createRequestGuard } from "./request-guard.js";
