// create-once.js SOURCE DESTINATION COMPRESSION [CHUNKING]: prints the ratio of stored to original bytes.
import process from "node:process";
import { createArchiveFiles } from "@blob/format/node";

const [source = "", destination = "", compression, chunking] = process.argv.slice(2);
const created = await createArchiveFiles(source, destination, {
  compression: compression === "none" ? "none" : "zstd",
  chunking: chunking === "none" || chunking === "content" ? chunking : "fixed",
});
console.log(created.data.size / created.size);
