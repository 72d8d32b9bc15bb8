// node dist/main.js hono|express ARCHIVE [PORT]: serves the archive in a directory (see `blob pull`) at /docs/.
import { serve } from "@hono/node-server";
import { openLocalArchive } from "@blob/format/node";

import { createExpressApp } from "./express-app.js";
import { createHonoApp } from "./hono-app.js";

const [framework, directory, port = "8080"] = process.argv.slice(2);
if ((framework !== "hono" && framework !== "express") || directory === undefined) {
  console.error("usage: main.js hono|express ARCHIVE [PORT]");
  process.exit(2);
}
const archive = await openLocalArchive(directory);
const where = { port: Number(port), hostname: "127.0.0.1" };
if (framework === "hono") serve({ ...where, fetch: (await createHonoApp(archive)).fetch });
else (await createExpressApp(archive)).listen(where.port, where.hostname);
console.log(`http://${where.hostname}:${port}/docs/`);
