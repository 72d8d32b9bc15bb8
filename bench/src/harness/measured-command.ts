import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import type { Workspace } from "./workspace.js";

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface MeasuredCommand {
  /** From before it was started until it had ended and its output was closed. */
  readonly seconds: number;
  /** Of the process and its children, all threads. Undefined without GNU time. */
  readonly cpuSeconds: number | undefined;
  /** Resident memory of the process, or of its largest child. Undefined without GNU time. */
  readonly peakBytes: number | undefined;
  /** Empty unless it was asked for. */
  readonly stdout: string;
}

const timeFile = "/usr/bin/time";
/** GNU time asks the system what the ended process took: exact, and the process itself knows nothing of it. */
const hasTime = spawnSync(timeFile, ["-f", "%M", "true"], { stdio: "ignore" }).status === 0;
let measured = 0;

/** Runs a program and measures it from start to end. Rejects with what it said when it fails. */
export async function measureCommand(
  workspace: Workspace,
  { file, args, env = {} }: Command,
  { output = "discard" }: { readonly output?: "discard" | "text" } = {},
): Promise<MeasuredCommand> {
  measured += 1;
  const taken = path.join(workspace.directory, `time-${String(measured)}`);
  const timed = hasTime ? [timeFile, "-o", taken, "-f", "%U %S %M", file, ...args] : [file, ...args];
  const [program = file, ...rest] = timed;
  const started = performance.now();
  const child = workspace.spawn(program, rest, {
    stdio: ["ignore", output === "text" ? "pipe" : "ignore", "pipe"],
    env: { PATH: process.env["PATH"], LC_ALL: "C", HOME: workspace.directory, ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr?.on("data", (bytes: Buffer) => (stderr = (stderr + bytes.toString()).slice(-4000)));
  await once(child, "close");
  const seconds = (performance.now() - started) / 1000;
  if (child.exitCode !== 0) {
    const how = String(child.exitCode ?? child.signalCode);
    throw new Error(`${file} ${args.join(" ")} ended with ${how}\n${stderr}`);
  }
  if (!hasTime) return { seconds, cpuSeconds: undefined, peakBytes: undefined, stdout };
  const [user = Number.NaN, system = Number.NaN, kilobytes = Number.NaN] = (await readFile(taken, "utf8"))
    .trim()
    .split(" ")
    .map(Number);
  await rm(taken);
  return { seconds, cpuSeconds: user + system, peakBytes: kilobytes * 1024, stdout };
}
