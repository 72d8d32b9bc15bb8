// index-once.js ENTRIES: milliseconds to open an index, nanoseconds to look a path up, in a process that does nothing else.
import process from "node:process";
import { measureIndex } from "./measure-index.js";

process.stdout.write(JSON.stringify(await measureIndex(Number(process.argv[2]), 5)));
