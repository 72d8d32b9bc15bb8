import type { Archive } from "@blob/format";
import { createArchiveHandler } from "@blob/format/handler";
import { loadZstdDecoder, nodeSha256 } from "@blob/format/node";
import type { Express } from "express";
import express from "express";

import { expressHandler } from "./express-handler.js";

/** The files of an archive below `/docs/`, beside what the application does itself. */
export async function createExpressApp(archive: Archive): Promise<Express> {
  const handle = createArchiveHandler(archive, {
    basePath: "/docs/",
    cleanUrls: true,
    zstd: await loadZstdDecoder(),
    sha256: nodeSha256,
    onError: (error) => console.error(error),
  });
  const app = express();
  app.disable("x-powered-by");
  app.get("/api/time", (_request, response) => {
    response.json({ time: new Date().toISOString() });
  });
  app.use(expressHandler(handle));
  return app;
}
