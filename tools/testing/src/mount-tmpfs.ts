import { execFileSync } from "node:child_process";
import { onTestFinished } from "vitest";

/** A small file system of its own, when this process may have one; says so when not. */
export function mountTmpfs(directory: string, options: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory], { stdio: "ignore" });
  } catch {
    console.log(
      "not shown here: a file system that is full or read-only, which takes the right to mount one",
    );
    return false;
  }
  onTestFinished(() => void execFileSync("umount", ["-l", directory]));
  return true;
}
