// Checks every production import against the table of ARCHITECTURE.md, and that what of @blob/format runs anywhere stays pure:
// also where it reaches into @blob/core, whose parts run in browsers but for those that say otherwise.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { importsOf } from "./imports-of.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * What a package, or one of its subpaths, may give to others: everything ("values"), or types only.
 * @type {Record<string, Record<string, "values" | "types">>}
 */
const table = {
  core: {},
  format: { core: "values" },
  auth: { core: "values" },
  cache: { core: "values" },
  registry: { core: "values", auth: "types" },
  // Which proxy is used is decided in one place; it brings no HTTP stack.
  "sigstore-policy": { core: "values", registry: "types", "registry/proxy": "values" },
  client: { core: "values", format: "values", registry: "values", auth: "values", cache: "values" },
  cli: {
    core: "values",
    format: "values",
    registry: "values",
    auth: "values",
    cache: "values",
    "sigstore-policy": "values",
    client: "values",
  },
};

/** @typedef {import("./imports-of.mjs").Import} Import */

/** Parts of @blob/core that may use `node:` modules. */
const nodeParts = new Set(["files", "processes"]);

/** @type {string[]} */
const violations = [];
let files = 0;

/** All files by now, with their imports. @type {Map<string, Import[]>} */
const known = new Map();

for (const [name, allowed] of Object.entries(table)) {
  const source = path.join(root, "packages", name, "src");
  for (const [file, found] of importsBelow(source)) {
    files += 1;
    known.set(file, found);
    for (const one of found) checkImport(name, allowed, file, one);
  }
}

const core = path.join(root, "packages/core/src");
for (const subpath of Object.keys(exportsOf("core"))) {
  const part = subpath.slice("./".length);
  if (part === "package.json" || nodeParts.has(part)) continue;
  checkPurity(`@blob/core/${part}`, path.join(core, part, "index.ts"));
}
checkPurity("the main entry of @blob/format", path.join(root, "packages/format/src/index.ts"));
checkPurity("@blob/format/tar", path.join(root, "packages/format/src/tar/index.ts"));
checkPurity("@blob/format/handler", path.join(root, "packages/format/src/handler/index.ts"));

if (violations.length > 0) {
  console.error(violations.join("\n"));
  process.exit(1);
}
console.log(`${files} files follow the import table`);

/** What a package gives to others. @returns {Record<string, unknown>} @param {string} name */
function exportsOf(name) {
  return JSON.parse(readFileSync(path.join(root, "packages", name, "package.json"), "utf8")).exports;
}

/** @returns {Map<string, Import[]>} @param {string} folder */
function importsBelow(folder) {
  /** @type {Map<string, Import[]>} */
  const found = new Map();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts") || /\.(test|contract|d)\.ts$|^(testing|runtimes)\b/.test(name)) continue;
    const file = path.join(folder, name);
    found.set(file, importsOf(file));
  }
  return found;
}

/**
 * @param {string} name
 * @param {Record<string, "values" | "types">} allowed
 * @param {string} file
 * @param {Import} one
 */
function checkImport(name, allowed, file, { from, typesOnly }) {
  const where = path.relative(root, file);
  if (from.startsWith(".")) {
    const target = path.relative(path.join(root, "packages", name), path.resolve(path.dirname(file), from));
    if (target.startsWith("..")) violations.push(`${where}: reaches into another package: ${from}`);
    if (/\.(test|contract)\.js$/.test(from))
      violations.push(`${where}: production code imports a test: ${from}`);
    return;
  }
  const [, other, subpath] = /^@blob\/([a-z-]+)(\/[a-z-]+)?/.exec(from) ?? [];
  if (other === undefined) return;
  const permission = allowed[`${other}${subpath ?? ""}`] ?? allowed[other];
  if (permission === undefined) violations.push(`${where}: ${name} may not import ${from}`);
  else if (permission === "types" && !typesOnly) {
    violations.push(`${where}: ${name} may import only types from ${from}`);
  }
}

/**
 * Whatever such an entry reaches has to run in a browser.
 * @param {string} name
 * @param {string} entry
 */
function checkPurity(name, entry) {
  const waiting = [entry];
  const seen = new Set(waiting);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const found = known.get(file);
    if (found === undefined) throw new Error(`${file} is imported but does not exist`);
    for (const { from, typesOnly } of found) {
      if (typesOnly) continue;
      if (from.startsWith("node:")) {
        violations.push(`${path.relative(root, file)}: ${name} reaches ${from}`);
      }
      const target = sourceOf(file, from);
      if (target === undefined || seen.has(target)) continue;
      seen.add(target);
      waiting.push(target);
    }
  }
}

/** The file that an import of ours is about; undefined for other packages. @param {string} file @param {string} from */
function sourceOf(file, from) {
  if (from.startsWith(".")) return path.resolve(path.dirname(file), from.replace(/\.js$/, ".ts"));
  const part = /^@blob\/core\/([a-z-]+)$/.exec(from)?.[1];
  return part === undefined ? undefined : path.join(core, part, "index.ts");
}
