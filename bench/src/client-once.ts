// client-once.js WARM REFERENCE FILE: milliseconds of the first pull of REFERENCE, and of the first read of FILE in it, in a client
// that has pulled and read WARM already.
import process from "node:process";
import { createClient } from "@blob/client";

const [warm = "", reference = "", file = ""] = process.argv.slice(2);
await using client = createClient({ plainHttp: true });
const other = await client.pull(warm);
for (const entry of other.entries()) await other.readFile(entry.path);
const started = performance.now();
const archive = await client.pull(reference);
const pulled = performance.now();
await archive.readFile(file);
const read = performance.now();
process.stdout.write(JSON.stringify({ pull: pulled - started, read: read - pulled }));
