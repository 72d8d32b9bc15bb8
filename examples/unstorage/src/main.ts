// Reads an archive on disk through unstorage: `node dist/main.js ARCHIVE [KEY]`.
import { openLocalArchive } from "@blob/format/node";
import { createStorage } from "unstorage";
import { archiveDriver } from "./archive-driver.js";

const [, , location, key] = process.argv;
if (location === undefined) {
  console.error("usage: node dist/main.js ARCHIVE [KEY]");
  process.exit(2);
}
await using archive = await openLocalArchive(location);
const storage = createStorage({ driver: archiveDriver({ archive }) });
if (key === undefined) for (const found of await storage.getKeys()) console.log(found);
else console.log(await storage.getItem(key));
