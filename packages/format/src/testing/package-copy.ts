import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The compiled package as npm would install it outside of this workspace: with its dependencies, and nothing optional but
 * what `modules` gives (files by their paths below `node_modules`). Returns its folder with compiled files. Removed when
 * the tests of the file have ended.
 */
export function copyPackage(compiled: URL, modules: Readonly<Record<string, string>> = {}): URL {
  const directory = mkdtempSync(join(tmpdir(), "blob-format-copy-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const nodeModules = join(directory, "node_modules");
  const copy = join(nodeModules, "@blob", "format");
  cpSync(fileURLToPath(compiled), join(copy, "dist"), { recursive: true });
  const manifest = readFileSync(join(root, "package.json"), "utf8");
  writeFileSync(join(copy, "package.json"), manifest);
  const { dependencies } = JSON.parse(manifest) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(nodeModules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(nodeModules, name), "junction");
  }
  for (const [path, text] of Object.entries(modules)) {
    mkdirSync(dirname(join(nodeModules, path)), { recursive: true });
    writeFileSync(join(nodeModules, path), text);
  }
  return pathToFileURL(join(copy, "dist/"));
}
