import { commandLines } from "./command-lines.js";
import { connections } from "./connections.js";
import { contents } from "./contents.js";
import { files } from "./files.js";
import { refusals } from "./refusals.js";
import type { Situation } from "./situation.js";

/** All that the table of messages has, by what is wrong. */
export const allSituations: Readonly<Record<string, readonly Situation[]>> = {
  "a registry that says no": refusals,
  "no connection, or another one than was meant": connections,
  "a command line that means something else": commandLines,
  "files, directories and ports": files,
  "contents that are not what they should be": contents,
};
