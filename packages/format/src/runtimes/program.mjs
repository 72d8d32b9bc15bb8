// Runs the scenario in a runtime with a command line: `program.mjs MAIN_ENTRY ORIGIN ARCHIVES`.
import { argv } from "node:process";

import { runScenario } from "./scenario.mjs";

const [, , mainEntry = "", origin = "", archives = origin] = argv;
await runScenario(() => import(mainEntry), origin, archives);
