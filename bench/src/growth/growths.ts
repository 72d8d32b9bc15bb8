import { growthOfBytes } from "./growth-of-bytes.js";
import { growthOfFiles } from "./growth-of-files.js";
import { growthOfLatency } from "./growth-of-latency.js";
import { growthOfReaders } from "./growth-of-readers.js";
import type { Growth } from "./growth.js";

export const growths: readonly Growth[] = [growthOfFiles, growthOfBytes, growthOfReaders, growthOfLatency];
