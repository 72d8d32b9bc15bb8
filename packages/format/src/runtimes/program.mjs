// Runs the scenario in a runtime with a command line: `program.mjs MAIN_ENTRY ORIGIN`.
import { argv } from "node:process";

import { runScenario } from "./scenario.mjs";

const [, , mainEntry = "", origin = ""] = argv;
await runScenario(() => import(mainEntry), origin);
