import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll } from "vitest";
import { installation, packageFolder } from "./installation.js";

/**
 * Compiles the sources of a package, which takes a third of a second, and returns where: threads and processes cannot run
 * TypeScript on every supported Node. Inside of the package, so that its dependencies are found, and with `@blob/core`
 * beside it, which nobody need have built. Removed when the tests of the file have ended. Of a packed package, what was
 * installed.
 */
export function compilePackage(name: "cache" | "cli" | "format" | "registry"): URL {
  const root = packageFolder(name);
  if (installation !== undefined) return pathToFileURL(path.join(root, "dist/"));
  mkdirSync(path.join(root, "node_modules"), { recursive: true });
  const output = mkdtempSync(path.join(root, "node_modules", ".compiled-"));
  afterAll(() => rmSync(output, { recursive: true, force: true }));
  const core = path.join(output, "node_modules/@blob/core");
  mkdirSync(core, { recursive: true });
  copyFileSync(path.join(packageFolder("core"), "package.json"), path.join(core, "package.json"));
  compile(packageFolder("core"), path.join(core, "dist"));
  compile(root, output);
  return pathToFileURL(`${output}/`);
}

function compile(root: string, output: string): void {
  const { resolve } = createRequire(path.join(root, "../../package.json"));
  const compiler = path.join(path.dirname(resolve("typescript/package.json")), "bin/tsc");
  const off = ["composite", "incremental", "declaration", "isolatedDeclarations"];
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
}
