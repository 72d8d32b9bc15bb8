// Runs the scenario in a runtime with a command line: `program.mjs MAIN_ENTRY ORIGIN ARCHIVES`.
import { argv } from "node:process";

import { runScenario } from "./scenario.mjs";

const [, , mainEntry = "", origin = "", archives = origin] = argv;
const load = async () => ({
  ...(await import(mainEntry)),
  ...(await import(new URL("handler/index.js", mainEntry).href)),
});
await runScenario(load, origin, archives);
