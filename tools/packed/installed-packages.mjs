// Test files import sources; with this plug-in they get what npm installed instead.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

/** What is published as a bundle has no file for each module: of it, tests get what it exports, and their own sources else. */
const bundled = new Set(["cli"]);

/** Sources that no package has: tests, and what only they need. */
const isForTests = /(?:\.test|\.contract)\.ts$|\/src\/(?:testing|runtimes)\//u;

/**
 * `@blob/format`, and a test's `./create-archive.js`, become files of the installation, which Node loads by itself: no
 * module of a package is compiled here or found in this workspace, but those inside of a bundle. Helpers of tests stay
 * sources.
 *
 * @param {string} root Of the workspace.
 * @param {string} installation Has `node_modules/@blob/…`.
 * @returns {import("vitest/config").Plugin}
 */
export function installedPackages(root, installation) {
  const require = createRequire(path.join(installation, "package.json"));
  const missing = "\0zstd-napi";
  const packages = path.join(root, "packages") + path.sep;
  return {
    name: "blob:installed-packages",
    enforce: "pre",
    resolveId(specifier, importer) {
      if (specifier === "@blob/testing") return path.join(root, "tools/testing/src/index.ts");
      if (specifier.startsWith("@blob/")) return require.resolve(specifier);
      // What the installation leaves out must not come from the workspace.
      if (specifier === "zstd-napi") return missing;
      if (!specifier.startsWith(".") || importer === undefined) return undefined;
      const file = path.resolve(path.dirname(importer), specifier);
      if (!file.startsWith(packages)) return undefined;
      const [name = "", folder, ...rest] = file.slice(packages.length).split(path.sep);
      if (folder !== "src" || isForTests.test(file.replace(/\.js$/u, ".ts"))) return undefined;
      if (bundled.has(name)) {
        return rest.join("/") === "index.js" ? require.resolve(`@blob/${name}`) : undefined;
      }
      const installed = path.join(installation, "node_modules/@blob", name, "dist", ...rest);
      if (!existsSync(installed))
        throw new Error(`${specifier} of ${importer} is not installed: ${installed}`);
      return installed;
    },
    load(id) {
      if (id !== missing) return undefined;
      return 'throw new Error("zstd-napi is left out of this installation"); export const compress = undefined;';
    },
    transform(code, id) {
      if (!isForTests.test(id) || !/new URL\("(?:\.\.\/)+(?:bin|dist)\//u.test(code)) return;
      throw new Error(`${id} runs what this workspace built: take it from "testing/command.js"`);
    },
  };
}
