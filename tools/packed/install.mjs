import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "../..");
const shell = process.platform === "win32";
const quiet = ["--no-audit", "--no-fund", "--no-save", "--loglevel=error"];

/**
 * Packs all packages and installs them with npm as somebody would who wants nothing optional.
 *
 * @param {string} folder Empty, and outside of the workspace.
 */
export function installPacked(folder) {
  const tarballs = path.join(folder, "tarballs");
  for (const name of readdirSync(path.join(root, "packages"))) {
    const cwd = path.join(root, "packages", name);
    execFileSync("pnpm", ["pack", "--pack-destination", tarballs], { cwd, stdio: "pipe", shell });
  }
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
  const files = readdirSync(tarballs).map((name) => path.join(tarballs, name));
  npmInstall(folder, ["--omit=optional", ...files]);
}

/**
 * Other versions of Node, as npm has them: whole, without a script to run.
 *
 * @param {string} folder
 * @param {readonly string[]} versions As npm understands them: `26`, `latest`.
 * @returns {ReadonlyMap<string, string>} The programs by those versions.
 */
export function installNodes(folder, versions) {
  const system = shell ? "win" : process.platform;
  const wanted = versions.map((version) => `node-${version}@npm:node-${system}-${process.arch}@${version}`);
  if (wanted.length > 0) {
    mkdirSync(folder, { recursive: true });
    npmInstall(folder, ["--ignore-scripts", ...wanted]);
  }
  const program = path.join("bin", shell ? "node.exe" : "node");
  return new Map(
    versions.map((version) => [version, path.join(folder, "node_modules", `node-${version}`, program)]),
  );
}

/** @param {string} folder @param {string[]} args */
function npmInstall(folder, args) {
  execFileSync("npm", ["install", "--prefix", folder, ...quiet, ...args], {
    cwd: folder,
    stdio: "inherit",
    shell,
  });
}
