import type { Archive } from "@blob/format";
import { bufferSource, openArchive } from "@blob/format";
import { createArchive } from "@blob/format/node";
import { createStorage } from "unstorage";
import { beforeAll, expect, test } from "vitest";
import { archiveDriver } from "./archive-driver.js";

let archive: Archive;

beforeAll(async () => {
  const chunks: Uint8Array[] = [];
  const files = Object.entries({ "a.json": '{"a":1}', "css/style.css": "b{}", "css/deep/x.css": "x{}" });
  const { index } = await createArchive(
    files.map(([path, content]) => ({ path, content: Buffer.from(content), mtime: new Date(1000) })),
    { write: (chunk) => void chunks.push(chunk) },
  );
  archive = openArchive(index.bytes, bufferSource(Buffer.concat(chunks)));
});

test("a storage over an archive has its files", async () => {
  const storage = createStorage({ driver: archiveDriver({ archive }) });
  expect((await storage.getKeys()).toSorted()).toEqual(["a.json", "css:deep:x.css", "css:style.css"]);
  expect(await storage.getKeys("css:deep")).toEqual(["css:deep:x.css"]);
  expect(await storage.getItem("a.json")).toEqual({ a: 1 });
  expect(await storage.getItem("css:style.css")).toBe("b{}");
  const raw: unknown = await storage.getItemRaw("css/style.css");
  expect(raw).toEqual(new Uint8Array(Buffer.from("b{}")));
  expect(await storage.getMeta("a.json")).toMatchObject({ size: 7, mtime: new Date(1000) });
  expect([await storage.hasItem("css:deep:x.css"), await storage.hasItem("css")]).toEqual([true, false]);
  expect(await storage.getItem("missing")).toBeNull();
});

test("a storage over a directory of an archive, mounted, is not written to", async () => {
  const storage = createStorage();
  storage.mount("site", archiveDriver({ archive, base: "css" }));
  expect((await storage.getKeys("site")).toSorted()).toEqual(["site:deep:x.css", "site:style.css"]);
  await storage.setItem("site:style.css", "other");
  expect(await storage.getItem("site:style.css")).toBe("b{}");
});
