import type { ChildProcess } from "node:child_process";
import { spawnSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Workspace } from "./workspace.js";

export const blobFile: string = fileURLToPath(new URL("../../../packages/cli/bin/blob.js", import.meta.url));

/** A registry in a process of its own, on loopback, that keeps its blobs in the workspace. */
export interface ServerProcess {
  /** `docker-registry`, or `blob registry serve`. */
  readonly name: string;
  /** `127.0.0.1:port` */
  readonly host: string;
  /** Of all its threads, since it was started. Undefined where there is no `/proc`. */
  cpuSeconds(): Promise<number | undefined>;
  /** The most that it had resident so far. Undefined where there is no `/proc`. */
  peakBytes(): Promise<number | undefined>;
  /** Its blobs go, too. */
  close(): Promise<void>;
}

export function hasProgram(name: string): boolean {
  return spawnSync("which", [name], { stdio: "ignore" }).status === 0;
}

/** What archives are pushed to: the real registry where it is installed. */
export function startRegistry(workspace: Workspace): Promise<ServerProcess> {
  return hasProgram("docker-registry") ? startDockerRegistry(workspace) : startBlobRegistry(workspace);
}

/** CNCF distribution, as Debian has it. */
export async function startDockerRegistry(workspace: Workspace): Promise<ServerProcess> {
  const directory = await workspace.makeDirectory("docker-registry");
  const config = path.join(directory, "config.yml");
  const settings = {
    version: "0.1",
    log: { level: "info", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: path.join(directory, "storage") } },
    http: { addr: "127.0.0.1:0" },
  };
  // JSON is YAML.
  await writeFile(config, JSON.stringify(settings));
  return start(
    workspace,
    directory,
    "docker-registry",
    ["docker-registry", "serve", config],
    /listening on (?<host>[\d.:]+)/u,
  );
}

/** Ours. */
export async function startBlobRegistry(workspace: Workspace): Promise<ServerProcess> {
  const directory = await workspace.makeDirectory("blob-registry");
  const command = [process.execPath, blobFile, "registry", "serve", "--dir", directory, "--port", "0"];
  return start(
    workspace,
    directory,
    "blob registry serve",
    [...command, "--output", "json"],
    /"host": "(?<host>[^"]+)"/u,
  );
}

/** Ready when a line of its output says where. */
async function start(
  workspace: Workspace,
  directory: string,
  name: string,
  [file = "", ...args]: readonly string[],
  where: RegExp,
): Promise<ServerProcess> {
  const child = workspace.spawn(file, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: workspace.directory, TMPDIR: workspace.directory },
  });
  const host = await Promise.race([hostIn(child.stdout, where), hostIn(child.stderr, where)]);
  if (host === undefined) throw new Error(`${name} did not start`);
  // Nobody reads on: a full pipe would stop the server.
  child.stdout?.resume();
  child.stderr?.resume();
  return {
    name,
    host,
    cpuSeconds: () => cpuSecondsOf(child),
    peakBytes: () => peakBytesOf(child),
    async close() {
      await workspace.end(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Never settles for a stream that says something else until it ends, as long as the other one may. */
async function hostIn(stream: ChildProcess["stdout"], where: RegExp): Promise<string | undefined> {
  if (stream === null) return undefined;
  const lines = createInterface({ input: stream });
  return new Promise((resolve) => {
    lines.on("line", (line) => {
      const host = where.exec(line)?.groups?.["host"];
      if (host !== undefined) resolve(host);
    });
    stream.on("close", () => resolve(undefined));
  });
}

/** The clock of `/proc` ticks a hundred times a second on Linux, whatever the kernel does inside. */
const ticks = 100;

async function cpuSecondsOf({ pid }: ChildProcess): Promise<number | undefined> {
  try {
    const text = await readFile(`/proc/${String(pid)}/stat`, "utf8");
    // The name, in brackets, may have blanks. Behind it, user and system time are the 12th and 13th field.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticks;
  } catch {
    return undefined;
  }
}

async function peakBytesOf({ pid }: ChildProcess): Promise<number | undefined> {
  try {
    const text = await readFile(`/proc/${String(pid)}/status`, "utf8");
    return Number(/^VmHWM:\s+(?<kilobytes>\d+) kB/mu.exec(text)?.groups?.["kilobytes"]) * 1024;
  } catch {
    return undefined;
  }
}
