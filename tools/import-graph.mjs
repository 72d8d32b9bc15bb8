// Checks every production import against the table of ARCHITECTURE.md, and that what of @blob/format runs anywhere stays pure.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * What a package, or one of its subpaths, may give to others: everything ("values"), or types only.
 * @type {Record<string, Record<string, "values" | "types">>}
 */
const table = {
  format: {},
  auth: {},
  cache: {},
  // Where hosts are, as far as their names and addresses tell, is decided in one place.
  registry: { auth: "types", "auth/hosts": "values" },
  // Which proxy is used is decided in one place; it brings no HTTP stack. So is which files nobody else can have changed.
  "sigstore-policy": {
    "auth/hosts": "values",
    "cache/private-files": "values",
    registry: "types",
    "registry/proxy": "values",
  },
  client: { format: "values", registry: "values", auth: "values", cache: "values" },
  cli: {
    format: "values",
    registry: "values",
    auth: "values",
    cache: "values",
    "sigstore-policy": "values",
    client: "values",
  },
};

/** @typedef {{ from: string, typesOnly: boolean }} Import */

/** @type {string[]} */
const violations = [];
let files = 0;

for (const [name, allowed] of Object.entries(table)) {
  const source = path.join(root, "packages", name, "src");
  const imports = importsBelow(source);
  for (const [file, found] of imports) {
    files += 1;
    for (const one of found) checkImport(name, allowed, file, one);
  }
  if (name !== "format") continue;
  checkPurity(path.join(source, "index.ts"), imports);
  checkPurity(path.join(source, "handler/index.ts"), imports);
}

if (violations.length > 0) {
  console.error(violations.join("\n"));
  process.exit(1);
}
console.log(`${files} files follow the import table`);

/** @returns {Map<string, Import[]>} @param {string} folder */
function importsBelow(folder) {
  /** @type {Map<string, Import[]>} */
  const found = new Map();
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/\.tsx?$/.test(name) || /\.(test|contract)\.tsx?$|^(testing|runtimes)\b/.test(name)) continue;
    const file = path.join(folder, name);
    found.set(file, importsOf(file));
  }
  return found;
}

/** @returns {Import[]} @param {string} file */
function importsOf(file) {
  const text = readFileSync(file, "utf8");
  const { module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const entries = [
    ...module.staticImports.map((one) => ({
      from: one.moduleRequest.value,
      typesOnly: one.entries.length > 0 && one.entries.every((entry) => entry.isType),
    })),
    ...module.staticExports.flatMap(({ entries: exported }) =>
      exported.flatMap((entry) =>
        entry.moduleRequest === null ? [] : [{ from: entry.moduleRequest.value, typesOnly: entry.isType }],
      ),
    ),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => ({
      from: text.slice(start, end).replace(/^["'`]|["'`]$/g, ""),
      typesOnly: false,
    })),
  ];
  return entries;
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
 * @param {string} entry
 * @param {Map<string, Import[]>} imports
 */
function checkPurity(entry, imports) {
  const waiting = [entry];
  const seen = new Set(waiting);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const found = imports.get(file);
    if (found === undefined) throw new Error(`${file} is imported but does not exist`);
    for (const { from, typesOnly } of found) {
      if (typesOnly) continue;
      if (from.startsWith("node:")) {
        violations.push(
          `${path.relative(root, file)}: an entry of @blob/format that runs anywhere reaches ${from}`,
        );
      }
      const target = path.resolve(path.dirname(file), from.replace(/\.js$/, ".ts"));
      if (from.startsWith(".") && !seen.has(target)) {
        seen.add(target);
        waiting.push(target);
      }
    }
  }
}
