import type { Circumstances } from "../errors/circumstances.js";
import type { LoadedConfig } from "../config/config.js";
import type { GlobalFlags } from "./global-flags.js";
import type { Io } from "../io.js";
import type { Output } from "../output/output.js";
import type { Settings } from "./settings.js";
import type { StandardOutput } from "../output/standard-output.js";

/** One run of the command: what it was given, what that decides, and where it writes. */
export interface Run {
  readonly io: Io;
  readonly standardOutput: StandardOutput;
  readonly output: Output;
  readonly flags: GlobalFlags;
  readonly settings: Settings;
  readonly config: LoadedConfig;
  readonly circumstances: Circumstances;
}
