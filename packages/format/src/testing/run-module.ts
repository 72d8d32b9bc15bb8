import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";

/** Runs Node in a process of its own, and returns what it wrote. An error has all of its output. */
export async function runNode(argv: readonly string[], cwd?: string): Promise<string> {
  // Package managers put folders of theirs there: then everything is found everywhere.
  const env = { ...process.env, NODE_PATH: undefined };
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd, env, maxBuffer: 1e8 });
  return stdout.trim();
}

/** The same with code. */
export function runModule(code: string): Promise<string> {
  return runNode(["--input-type=module", "--eval", code]);
}
