import type { ContractSubject } from "./testing/tested-registry.js";
import { describeRegistry, testSha512Manifests } from "./registry.contract.js";
import { createMemoryRegistry } from "./memory-registry.js";

const inMemory = async (): Promise<ContractSubject> => ({
  registry: createMemoryRegistry(),
  close: async () => {},
});

describeRegistry("memory", inMemory);
testSha512Manifests("memory", inMemory);
