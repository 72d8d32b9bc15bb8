export type {
  ListeningServer,
  ListenOptions,
  RegistryServer,
  RegistryServerOptions,
} from "./registry-server.js";
export { createRegistryServer } from "./registry-server.js";
