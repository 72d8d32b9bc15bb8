// cache-once.js DIRECTORY: milliseconds to read 64 KiB again that a cache in this directory has.
import process from "node:process";
import { measureCache } from "./measure-cache.js";

process.stdout.write(JSON.stringify(await measureCache(process.argv[2] ?? "")));
