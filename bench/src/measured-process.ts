import { spawn } from "node:child_process";
import process from "node:process";

export interface Measured {
  readonly seconds: number;
  /** The most memory that the process had resident, in bytes. */
  readonly peakBytes: number;
  readonly stdout: string;
}

/** Prints the peak when the process ends; on a channel of its own, so that nothing else is disturbed. */
const reporter = `data:text/javascript,${encodeURIComponent(
  'import fs from "node:fs"; process.on("exit", () => fs.writeSync(3, String(process.resourceUsage().maxRSS)));',
)}`;

/** Runs a Node program and measures it from start to end. Rejects when it fails. */
export function runMeasured(script: string, args: readonly string[]): Promise<Measured> {
  const started = performance.now();
  const child = spawn(process.execPath, ["--import", reporter, script, ...args], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
    env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined },
  });
  let stdout = "";
  let peak = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stdio[3]?.on("data", (chunk: Buffer) => (peak += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== 0) reject(new Error(`${script} ${args.join(" ")} ended with ${String(code)}`));
      else resolve({ seconds: (performance.now() - started) / 1000, peakBytes: Number(peak) * 1024, stdout });
    });
  });
}
