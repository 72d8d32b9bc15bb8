import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

const root = path.dirname(import.meta.dirname);

/**
 * The pnpm that is installed when it is the right one, else a copy that npx fetches.
 *
 * @returns {[command: string, ...args: string[]]}
 */
export function pnpmCommand() {
  const { packageManager } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const wanted = String(packageManager).replace("pnpm@", "");
  const shell = process.platform === "win32";
  const installed = spawnSync("pnpm", ["--version"], { cwd: root, encoding: "utf8", shell });
  return installed.stdout?.trim() === wanted ? ["pnpm"] : ["npx", "-y", `pnpm@${wanted}`];
}
