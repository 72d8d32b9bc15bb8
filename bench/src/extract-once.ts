// extract-once.js ARCHIVE DESTINATION [WORKERS]
import process from "node:process";
import { extractArchive, openLocalArchive } from "@blob/format/node";

const [source = "", destination = "", workers = "default"] = process.argv.slice(2);
const archive = await openLocalArchive(source);
await extractArchive(archive, destination, workers === "default" ? {} : { workers: Number(workers) });
await archive.close();
