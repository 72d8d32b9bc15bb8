import { describeRegistry } from "./registry.contract.js";
import { createMemoryRegistry } from "./memory-registry.js";

describeRegistry("memory", async () => ({ registry: createMemoryRegistry(), close: async () => {} }));
