import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { KeptFigures } from "./page/chunk-figures.js";
import { drawingsOf, pageOf } from "./page/page.js";
import type { BenchResult } from "./page/result.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const pageFile: string = path.join(root, "docs/performance.md");
export const drawingsDirectory: string = path.join(root, "docs/performance");

export const notesFile: string = path.join(root, "bench/page/notes.json");

export interface MadePage {
  readonly page: string;
  /** By the name of the file. */
  readonly drawings: ReadonlyMap<string, string>;
}

/** What the page and its drawings are to be, by the figures that lie beside it or in another file. */
export async function makePage(json: string = path.join(drawingsDirectory, "run.json")): Promise<MadePage> {
  const result = await readJson<BenchResult>(json);
  return {
    page: pageOf({
      template: await readFile(path.join(root, "bench/page/template.md"), "utf8"),
      result,
      notes: await readJson<Readonly<Record<string, string>>>(notesFile),
      chunks: await readJson<KeptFigures>(path.join(drawingsDirectory, "chunks.json")),
    }),
    drawings: drawingsOf(result),
  };
}

export async function writePage(json: string | undefined): Promise<void> {
  const { page, drawings } = await makePage(json);
  await writeFile(pageFile, page);
  await writeDrawings(drawingsDirectory, drawings);
}

export async function writeDrawings(directory: string, drawings: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, svg] of drawings) await writeFile(path.join(directory, name), svg);
}

/** Written by this program, or by whoever keeps it: whose shape is wrong makes a page that is, too. */
async function readJson<Value>(file: string): Promise<Value> {
  const value: Value = JSON.parse(await readFile(file, "utf8"));
  return value;
}
