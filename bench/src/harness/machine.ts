import { spawnSync } from "node:child_process";
import { cpus, release, totalmem, type } from "node:os";
import process from "node:process";
import type { Machine } from "../page/result.js";
import type { BenchOptions } from "./bench.js";
import { goName } from "./bench.js";

/** What the figures depend on. */
export function machineOf({ workspace, go }: BenchOptions): Machine {
  const all = cpus();
  const references = [
    [goName, go],
    ["docker-registry", "docker-registry"],
    ["tar", "tar"],
    ["zstd", "zstd"],
    ["sha256sum", "sha256sum"],
    ["cp", "cp"],
    ["find", "find"],
    ["curl", "curl"],
  ] as const;
  return {
    cores: all.length,
    processor: all[0]?.model.trim() ?? "unknown",
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
    references: Object.fromEntries(
      references.flatMap(([name, file]) => {
        const version = file === undefined ? undefined : versionOf(file);
        return version === undefined ? [] : [[name, version]];
      }),
    ),
    files: workspace.inMemory ? "memory" : "the directory for temporary files",
  };
}

/** The number in the first line that a program says about itself. Undefined for one that is not there. */
function versionOf(file: string): string | undefined {
  const { stdout, stderr, error } = spawnSync(file, ["--version"], { encoding: "utf8" });
  if (error !== undefined) return undefined;
  return /\d+(?:\.\d+)+[\w+.-]*/u.exec(`${stdout}\n${stderr}`)?.[0] ?? "of an unknown version";
}
