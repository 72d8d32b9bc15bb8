import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Case, Run } from "./alternate.js";
import { type Corpus, type CorpusName, corpora } from "./corpora.js";
import type { Command } from "./measured-command.js";
import { measureCommand } from "./measured-command.js";
import type { ServerProcess } from "./server-process.js";
import { blobFile, startRegistry } from "./server-process.js";
import type { Workspace } from "./workspace.js";
import { ours } from "../page/result.js";

export interface BenchOptions {
  readonly workspace: Workspace;
  readonly quick: boolean;
  /** Also what takes long and much room: a file of 6 GiB. */
  readonly full: boolean;
  readonly runs: number;
  /** The Go command. */
  readonly go: string | undefined;
}

/** What rows are measured with. Everything is made when the first row asks for it, and then kept for all. */
export interface Bench extends BenchOptions {
  readonly corpora: Readonly<Record<CorpusName, Corpus>>;
  /** Its directory. */
  corpus(name: CorpusName): Promise<string>;
  /** The registry that archives are pushed to and pulled from: `docker-registry`, or ours where there is none. */
  registry(): Promise<ServerProcess>;
  /** A reference in it to what is below the directory, pushed once with our command. */
  archive(name: string, directory: () => Promise<string>): Promise<string>;
  /** An empty script for Node, of the kind that starts fastest. */
  emptyScript(): Promise<string>;
  /** Our command, with nothing cached of archives. */
  blob(args: readonly string[], run: Run): Command;
  /** The Go command, with a home directory of its own, where it has cached nothing. */
  goBlob(args: readonly string[], run: Run): Command;
  /** Runs a command that is not what is measured. */
  run(command: Command): Promise<string>;
  /** A script of the bench, which says what it measured of itself: JSON, of which this is the field that counts. */
  script(file: string, args: (run: Run) => readonly string[], field: string): Case;
  /** A case whose work is one command. */
  command(name: string, command: (run: Run) => Command, prepare?: (run: Run) => Promise<unknown>): Case;
}

export const goName = "Go";

export function createBench(options: BenchOptions): Bench {
  const { workspace, quick, go } = options;
  const known = corpora(quick);
  const directories = once((name: CorpusName) => writeCorpus(workspace, name, known[name]));
  const registries = once(() => startRegistry(workspace));
  const scripts = once(async () => {
    const file = path.join(await workspace.makeDirectory("empty"), "empty.cjs");
    await writeFile(file, "");
    return file;
  });
  const archives = new Map<string, Promise<string>>();
  const bench: Bench = {
    ...options,
    corpora: known,
    corpus: directories,
    registry: () => registries("registry"),
    emptyScript: () => scripts("empty"),
    async archive(name, directory) {
      const pushed = archives.get(name) ?? push(bench, name, directory);
      archives.set(name, pushed);
      return pushed;
    },
    blob: (args, run) => ({
      file: process.execPath,
      args: [blobFile, ...args],
      env: { TMPDIR: workspace.directory, BLOB_CACHE_DIR: path.join(run.directory, "cache") },
    }),
    goBlob: (args, run) => ({
      file: go ?? "",
      args,
      env: { TMPDIR: workspace.directory, HOME: run.directory },
    }),
    script: (file, args, field) => ({
      name: ours,
      async measure(run) {
        const script = fileURLToPath(new URL(`../${file}`, import.meta.url));
        const env = { TMPDIR: workspace.directory };
        const command = { file: process.execPath, args: [script, ...args(run)], env };
        const { stdout } = await measureCommand(workspace, command, {
          output: "text",
        });
        const said: unknown = JSON.parse(stdout);
        const value = Number(Object.entries(said ?? {}).find(([name]) => name === field)?.[1]);
        if (Number.isNaN(value)) throw new Error(`${file} does not say "${field}": ${stdout}`);
        // What the whole process took is also of what it had to make first.
        return { value };
      },
    }),
    run: async (command) => (await measureCommand(workspace, command, { output: "text" })).stdout,
    command: (name, command, prepare) => ({
      name,
      ...(prepare === undefined ? {} : { prepare }),
      async measure(run) {
        const { seconds, peakBytes, cpuSeconds } = await measureCommand(workspace, command(run));
        return { value: seconds, peakBytes, cpuSeconds };
      },
    }),
  };
  return bench;
}

/** Ours and, where there is the Go command, the same with that: both take these arguments. */
export function bothCommands(
  bench: Bench,
  args: (run: Run) => readonly string[],
  prepare?: (run: Run) => Promise<unknown>,
): readonly Case[] {
  return [
    bench.command(ours, (run) => bench.blob(args(run), run), prepare),
    ...(bench.go === undefined
      ? []
      : [bench.command(goName, (run) => bench.goBlob(args(run), run), prepare)]),
  ];
}

async function push(bench: Bench, name: string, directory: () => Promise<string>): Promise<string> {
  const reference = `${(await bench.registry()).host}/corpus/${name}:latest`;
  const source = await directory();
  const cache = await bench.workspace.makeDirectory("push");
  await bench.run(bench.blob(["push", "--plain-http", reference, source], { directory: cache, id: name }));
  await rm(cache, { recursive: true });
  return reference;
}

async function writeCorpus(workspace: Workspace, name: string, corpus: Corpus): Promise<string> {
  const directory = await workspace.makeDirectory(name);
  await corpus.write(directory);
  return directory;
}

/** Makes each thing when it is asked for the first time. */
function once<Key, Value>(make: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const made = new Map<Key, Promise<Value>>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}
