// event-loop-once.js HOST SOURCE SMALL SCRATCH: milliseconds that reads were held up at most while the archive of SOURCE was opened,
// listed and extracted in the same process; and beside other work, by its name.
import process from "node:process";
import { measureEventLoop } from "./event-loop.js";

const [host = "", source = "", small = "", scratch = ""] = process.argv.slice(2);
const figures = await measureEventLoop({ host, source, small, scratch });
const stalls = figures.map(({ work, longestStall }) => [work, longestStall] as const);
const promised = stalls.filter(([work]) => ["open", "list", "extract"].includes(work));
const stall = Math.max(...promised.map(([, longest]) => longest));
process.stdout.write(JSON.stringify({ stall, ...Object.fromEntries(stalls) }));
