export type { DockerRegistry, DockerRegistryOptions } from "./docker-registry.js";
export { hasProgram, startDockerRegistry } from "./docker-registry.js";
export { profileUser, registryProfiles } from "./profiles.js";
export type { Quirks } from "./quirks.js";
export type { RequestRecord } from "./request-record.js";
export type { TestRegistry, TestRegistryOptions } from "./test-registry.js";
export { startTestRegistry } from "./test-registry.js";
export type { TemporaryDirectory } from "./tree.js";
export { createTemporaryDirectory, writeTree } from "./tree.js";
