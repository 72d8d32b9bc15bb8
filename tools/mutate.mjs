// Changes critical lines one at a time and asks whether a test fails: `pnpm mutate [--quick] [FILE...]`. Sources stay
// untouched. A change that no test notices has to be in `mutate/accepted.json`, with the reason why none could.
// `--quick` leaves out what is slow: tests that take long, and a fresh process for each mutant that seems to survive.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Durations } from "./mutate/durations.mjs";
import { KillMemory } from "./mutate/kill-memory.mjs";
import { mutantsOf, mutated, withSwitches } from "./mutate/mutants.mjs";
import { rowOf, withRow } from "./mutate/report.mjs";
import { targets } from "./mutate/targets.mjs";
import { WarmTests } from "./mutate/warm-tests.mjs";

/**
 * @typedef {import("./mutate/mutants.mjs").Mutant} Mutant
 * @typedef {{ readonly line: string, readonly change: string, readonly reason: string }} Accepted
 * @typedef {{ readonly file: string, readonly tests: readonly string[] }} Target
 */

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const acceptedFile = path.join(root, "tools", "mutate", "accepted.json");
const reportFile = path.join(root, "docs", "mutation.md");
/** @type {Record<string, readonly Accepted[]>} */
const accepted = JSON.parse(readFileSync(acceptedFile, "utf8"));

const isQuick = process.argv.includes("--quick");
const wanted = process.argv
  .slice(2)
  .filter((name) => name !== "--quick")
  .map((name) => path.relative(root, path.resolve(name)));
const chosen = allTargets().filter(
  ({ file }) => wanted.length === 0 || wanted.some((name) => isIn(file, name)),
);
const unknown = wanted.filter((name) => !chosen.some(({ file }) => isIn(file, name)));
if (unknown.length > 0) {
  console.error(`not in tools/mutate/targets.mjs: ${unknown.join(", ")}`);
  process.exit(2);
}

setPriority(5);
const tests = new WarmTests();
process.on("exit", () => tests.close());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));

const memoryFolder = path.join(root, "node_modules", ".cache", "mutate");
/** How long each test file takes as things are. */
const durations = new Durations(memoryFolder);
let isGood = true;
for (const target of chosen) isGood = (await hunt(target)) && isGood;
process.exit(isGood ? 0 : 1);

/** @param {Target} target */
async function hunt({ file, tests: all }) {
  const source = path.join(root, file);
  const text = readFileSync(source, "utf8");
  const mutants = mutantsOf(file, text);
  const reasons = accepted[file] ?? [];
  const isAccepted = (/** @type {Mutant} */ { inLine, change }) =>
    reasons.some((one) => one.line === inLine && one.change === change);
  const counted = mutants.filter((mutant) => !isAccepted(mutant));
  const memory = new KillMemory(memoryFolder, text);
  const survivors = await survivorsOf(counted, { source, text, all, memory });
  const stale = reasons.filter(
    (one) => !mutants.some(({ inLine, change }) => one.line === inLine && one.change === change),
  );
  const counts = {
    mutants: mutants.length,
    killed: counted.length - survivors.length,
    accepted: mutants.length - counted.length,
  };
  console.log(
    `${file}: ${counts.mutants} mutants, ${counts.killed} killed, ${counts.accepted} accepted, ${survivors.length} survivors`,
  );
  for (const { line, change, isStatic } of survivors) {
    console.log(
      `  ${file}:${line}: ${change}${isQuick && isStatic ? " (not tried: it takes effect when the file loads)" : ""}`,
    );
  }
  for (const { line, change } of stale) console.log(`  accepted, but no longer there: ${change} in ${line}`);
  const isClean = survivors.length === 0 && stale.length === 0;
  if (isClean && !isQuick) {
    const row = rowOf(file, counts, commit());
    const before = existsSync(reportFile) ? readFileSync(reportFile, "utf8") : "";
    writeFileSync(reportFile, withRow(before, row));
  }
  return isClean;
}

/**
 * First with all mutants in the module at once, and one switched on at a time; then each of the others by itself.
 * @param {readonly Mutant[]} mutants
 * @param {{ readonly source: string, readonly text: string, readonly all: readonly string[], readonly memory: KillMemory }} context
 */
async function survivorsOf(mutants, { source, text, all, memory }) {
  let alive = mutants.filter((mutant) => !memory.knows(mutant));
  if (alive.length === 0) return alive;
  const inOrder = await shortestFirst(all, source, text);
  const code = withSwitches(
    text,
    alive.filter(({ isStatic }) => !isStatic),
  );
  /** @type {Map<string, ReadonlySet<number>>} */
  const reachedBy = new Map();
  for (const test of inOrder) {
    const ids = alive.filter(({ isStatic }) => !isStatic).map(({ id }) => id);
    if (ids.length === 0) break;
    const { killed, reached, outside } = await tests.runEach(test, source, code, ids);
    for (const mutant of alive) if (killed.has(mutant.id)) memory.add(mutant, test);
    alive = alive.filter(({ id }) => !killed.has(id));
    reachedBy.set(test, new Set([...reached, ...outside]));
  }
  if (isQuick) return alive;
  /** @type {Mutant[]} */
  const survivors = [];
  for (const mutant of alive) {
    const candidates = inOrder.filter(
      (test) => mutant.isStatic || reachedBy.get(test)?.has(mutant.id) === true,
    );
    const killer = await killerOf(mutant, candidates, source, text);
    if (killer === undefined) survivors.push(mutant);
    else memory.add(mutant, killer);
  }
  return survivors;
}

/** @param {Mutant} mutant @param {readonly string[]} candidates @param {string} source @param {string} text */
async function killerOf(mutant, candidates, source, text) {
  for (const test of candidates) {
    const limit = (durations.get(test) ?? 0) * 10;
    if (!(await tests.run(test, source, mutated(text, mutant), limit)).passed) return test;
  }
  return undefined;
}

/** @param {readonly string[]} all @param {string} source @param {string} text */
async function shortestFirst(all, source, text) {
  for (const test of all) {
    if (durations.get(test) !== undefined) continue;
    const started = performance.now();
    const { passed, failed } = await tests.run(test, source, text, 10 * 60_000);
    if (!passed) throw new Error(`${test} fails without any change: ${failed}`);
    durations.set(test, performance.now() - started);
  }
  return all.toSorted((one, other) => (durations.get(one) ?? 0) - (durations.get(other) ?? 0));
}

/** @returns {readonly Target[]} */
function allTargets() {
  return targets.flatMap(({ package: name, files, tests: patterns }) => {
    const folder = path.join("packages", name, "src");
    const found = patterns.flatMap((pattern) => testsLike(folder, pattern));
    return files.map((file) => ({ file: path.join(folder, file), tests: [...new Set(found)] }));
  });
}

/** @param {string} folder @param {string} pattern */
function testsLike(folder, pattern) {
  if (!pattern.endsWith("*")) return [path.join(root, folder, pattern)];
  const below = path.join(root, folder, path.dirname(pattern));
  return readdirSync(below)
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => path.join(below, name));
}

/** @param {string} file @param {string} name */
function isIn(file, name) {
  return file === name || file.startsWith(`${name}${path.sep}`);
}

function commit() {
  return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).trim();
}
