import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll } from "vitest";

/**
 * Compiles this package's sources, which takes a third of a second, and returns where: threads and processes cannot run
 * TypeScript on every supported Node. Inside of the package, so that its dependencies are found. Removed when the tests
 * of the file have ended.
 */
export function compilePackage(): URL {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const output = mkdtempSync(join(root, "node_modules", ".compiled-"));
  afterAll(() => rmSync(output, { recursive: true, force: true }));
  const { resolve } = createRequire(join(root, "../../package.json"));
  const compiler = join(resolve("typescript/package.json"), "../bin/tsc");
  const off = [
    "composite",
    "incremental",
    "declaration",
    "declarationMap",
    "sourceMap",
    "isolatedDeclarations",
  ];
  execFileSync(process.execPath, [
    compiler,
    "--noCheck",
    "-p",
    root,
    "--outDir",
    output,
    "--tsBuildInfoFile",
    "null",
    ...off.flatMap((option) => [`--${option}`, "false"]),
  ]);
  return pathToFileURL(`${output}/`);
}
