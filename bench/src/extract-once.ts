// extract-once.js ARCHIVE DESTINATION
import process from "node:process";
import { extractArchive, openLocalArchive } from "@blob/format/node";

const [source = "", destination = ""] = process.argv.slice(2);
const archive = await openLocalArchive(source);
await extractArchive(archive, destination);
await archive.close();
