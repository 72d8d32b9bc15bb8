// Finds imports that lead back to where they began, types included: between the files of a package, and between the folders
// of its sources (files right in `src` put the rooms together and are in none). Tests, and what only they need, are left out.
import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { importsOf } from "./imports-of.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * What is known and not mended yet, as it is reported. One that is gone has to go from here, too.
 *
 * @type {ReadonlySet<string>}
 */
const allowed = new Set([]);

/** @typedef {ReadonlyMap<string, ReadonlySet<string>>} Graph */

/** @type {string[]} */
const found = [];
let files = 0;
for (const name of readdirSync(path.join(root, "packages"))) {
  const graph = fileGraph(path.join(root, "packages", name, "src"));
  files += graph.size;
  for (const cycle of cyclesOf(graph)) found.push(`${name}: ${cycle.join(" ")}`);
  for (const cycle of cyclesOf(folderGraph(graph))) found.push(`${name}: folders ${cycle.join(" ")}`);
}

const wrong = [
  ...found.filter((cycle) => !allowed.has(cycle)).map((cycle) => `cycle in ${cycle}`),
  ...[...allowed]
    .filter((cycle) => !found.includes(cycle))
    .map((cycle) => `mended, and still listed: ${cycle}`),
];
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
console.log(`${files} files without a cycle${allowed.size === 0 ? "" : `, but for ${allowed.size}`}`);

/** What the files of a folder import of each other. @param {string} source @returns {Graph} */
function fileGraph(source) {
  const names = readdirSync(source, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll(path.sep, "/"))
    .filter(
      (name) => name.endsWith(".ts") && !/\.(?:test|contract)\.ts$|(?:^|\/)(?:testing|runtimes)\//.test(name),
    );
  const known = new Set(names);
  return new Map(
    names.map((name) => {
      const imported = importsOf(path.join(source, name))
        .filter(({ from }) => from.startsWith("."))
        .map(({ from }) => path.posix.join(path.posix.dirname(name), from).replace(/\.js$/, ".ts"));
      return [name, new Set(imported.filter((target) => known.has(target)))];
    }),
  );
}

/** The same for folders. @param {Graph} graph @returns {Graph} */
function folderGraph(graph) {
  /** @type {Map<string, Set<string>>} */
  const folders = new Map();
  for (const [file, imported] of graph) {
    const from = path.posix.dirname(file);
    const targets = folders.get(from) ?? new Set();
    if (from !== ".") folders.set(from, targets);
    for (const target of imported) {
      const to = path.posix.dirname(target);
      if (to !== from && to !== ".") targets.add(to);
    }
  }
  return folders;
}

/**
 * Groups of which each member reaches all others, each with its members in order: Tarjan's strongly connected components.
 *
 * @param {Graph} graph
 * @returns {string[][]}
 */
function cyclesOf(graph) {
  /** @type {Map<string, number>} */
  const order = new Map();
  /** @type {Map<string, number>} */
  const lowest = new Map();
  /** @type {string[]} */
  const open = [];
  /** @type {string[][]} */
  const cycles = [];
  /** @param {string} node */
  const visit = (node) => {
    const at = order.size;
    order.set(node, at);
    lowest.set(node, at);
    open.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      if (open.includes(next)) lowest.set(node, Math.min(lowest.get(node) ?? at, lowest.get(next) ?? at));
    }
    if (lowest.get(node) !== at) return;
    const group = open.splice(open.indexOf(node));
    if (group.length > 1 || graph.get(node)?.has(node)) cycles.push(group.toSorted());
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return cycles;
}
