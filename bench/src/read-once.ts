// read-once.js REFERENCE READERS READS: files read in a second, by so many readers of one archive together.
import process from "node:process";
import { createClient } from "@blob/client";

const [reference = "", readers, count] = process.argv.slice(2);
const reads = Number(count);
await using client = createClient({ plainHttp: true });
const archive = await client.pull(reference);
const paths = Array.from(archive.entries(), ({ path }) => path);
// Both numbers are prime to each other and to the usual counts: each reader meets files all over the archive.
const pathOf = (read: number): string => paths[(read * 7919) % paths.length] ?? "";
await archive.readFile(pathOf(0));
let begun = 0;
const started = performance.now();
await Promise.all(
  Array.from({ length: Number(readers) }, async () => {
    while (begun < reads) {
      begun += 1;
      await archive.readFile(pathOf(begun));
    }
  }),
);
const second = (reads / (performance.now() - started)) * 1000;
process.stdout.write(JSON.stringify({ second }));
