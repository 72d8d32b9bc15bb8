import type { Archive } from "@blob/format";
import { createArchiveHandler } from "@blob/format/handler";
import { loadZstdDecoder, nodeSha256 } from "@blob/format/node";
import { Hono } from "hono";

/** The files of an archive below `/docs/`, beside what the application does itself. */
export async function createHonoApp(archive: Archive): Promise<Hono> {
  const handle = createArchiveHandler(archive, {
    basePath: "/docs/",
    cleanUrls: true,
    zstd: await loadZstdDecoder(),
    sha256: nodeSha256,
    onError: (error) => console.error(error),
  });
  const app = new Hono();
  app.get("/api/time", (context) => context.json({ time: new Date().toISOString() }));
  // Both are functions of a Request: there is nothing in between.
  app.get("/docs/*", (context) => handle(context.req.raw));
  return app;
}
