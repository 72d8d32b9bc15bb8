export { createTemporaryDirectory, writeTree } from "./tree.js";
export type { TemporaryDirectory } from "./tree.js";
export type { DockerRegistry, DockerRegistryOptions } from "./docker-registry.js";
export { hasProgram, startDockerRegistry } from "./docker-registry.js";
