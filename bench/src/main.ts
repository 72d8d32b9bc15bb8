// Measures the command and its libraries, each beside what the machine has to compare with. `pnpm bench --help` says how.
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { chunkTables } from "./chunk-tables.js";
import type { CommandLine } from "./command-line.js";
import { goCommand, parseCommandLine, selectByName, usage } from "./command-line.js";
import { growths } from "./growth/growths.js";
import { hasProgram } from "./harness/server-process.js";
import type { Workspace } from "./harness/workspace.js";
import { openWorkspace } from "./harness/workspace.js";
import { measureAll } from "./measure-all.js";
import { measureChunks } from "./measure-chunks.js";
import { drawingsOf } from "./page/page.js";
import { goalTable } from "./page/result-tables.js";
import { rows } from "./rows/rows.js";
import { writeDrawings, writePage } from "./write-page.js";

const MiB = 2 ** 20;
const commandLine = parseCommandLine(process.argv.slice(2));
if (commandLine === undefined) console.log(usage);
else if (commandLine.list)
  console.log([...rows, ...growths].map(({ name, title }) => `${name}: ${title}`).join("\n"));
else if (commandLine.names[0] === "page") await writePage(commandLine.json);
else await measure(commandLine);

async function measure(asked: CommandLine): Promise<void> {
  const isChunks = asked.names[0] === "chunks";
  const selected = new Set(isChunks ? [] : selectByName([...rows, ...growths], asked.names));
  const workspace = await openWorkspace();
  try {
    const measured = isChunks
      ? await measureChunkFigures(asked, workspace)
      : await measureRows(asked, workspace, {
          rows: rows.filter((row) => selected.has(row)),
          growths: growths.filter((growth) => selected.has(growth)),
        });
    if (asked.json !== undefined) await writeFile(asked.json, `${JSON.stringify(measured, null, 2)}\n`);
  } catch (error) {
    if (!workspace.isInterrupted()) throw error;
    // The workspace is being closed, and the process then ends.
    await new Promise(() => undefined);
  } finally {
    await workspace.close();
  }
}

async function measureRows(
  { quick, full, runs, svg }: CommandLine,
  workspace: Workspace,
  selection: Parameters<typeof measureAll>[1],
): Promise<unknown> {
  if (!hasProgram("docker-registry")) {
    console.log(
      "docker-registry is not installed: archives are pushed to and pulled from `blob registry serve`",
    );
  }
  if (goCommand === undefined) console.log("BLOB_GO is not set: nothing is compared with the Go command");
  const started = performance.now();
  const options = { workspace, quick, full, runs, go: goCommand };
  const result = await measureAll(options, selection, (line) => console.log(line));
  console.log(`\n${goalTable(result.rows)}\n`);
  console.log(`${((performance.now() - started) / 60_000).toFixed(1)} minutes`);
  if (svg !== undefined) await writeDrawings(svg, drawingsOf(result));
  return result;
}

async function measureChunkFigures(
  { quick, runs, megabytes }: CommandLine,
  { directory }: Workspace,
): Promise<unknown> {
  const corpusBytes = (quick ? 16 : 96) * MiB;
  const figures = await measureChunks({ directory, runs, corpusBytes, fileBytes: megabytes * MiB });
  console.log(chunkTables(figures));
  return { node: process.version, platform: `${process.platform} ${process.arch}`, runs, figures };
}
