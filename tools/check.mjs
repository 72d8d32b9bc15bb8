// One command that checks all: `pnpm check`, or some steps by name: `pnpm check lint types`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const packages = readdirSync(path.join(root, "packages")).map((name) => path.join("packages", name));

/** @typedef {[command: string, ...args: string[]]} Command */

/** What takes long comes first. @type {Record<string, Command[]>} */
const steps = {
  build: [["turbo", "run", "build", "--output-logs=errors-only"]],
  format: [["prettier", "--check", "."]],
  attw: packages.map((folder) => ["attw", "--pack", folder, "--profile", "esm-only"]),
  api: [[process.execPath, "tools/api-reports.mjs", "--verify"]],
  lint: [["oxlint", "--type-aware", "--deny-warnings"]],
  knip: [["knip"]],
  types: [["tsc", "-p", "tsconfig.check.json"]],
  publint: packages.map((folder) => ["publint", folder, "--strict"]),
  imports: [
    [process.execPath, "tools/import-graph.mjs"],
    [process.execPath, "tools/reading-paths.mjs"],
  ],
  cycles: [[process.execPath, "tools/cycles.mjs"]],
  words: [[process.execPath, "tools/words.mjs"]],
  tests: [["vitest", "run"]],
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) {
  console.error(`no such step: ${unknown.join(", ")} (there are: ${Object.keys(steps).join(", ")})`);
  process.exit(2);
}

process.env["TURBO_TELEMETRY_DISABLED"] ??= "1";
/** @type {string[]} */
const failed = [];
const left = Object.keys(steps).filter((name) => wanted.length === 0 || wanted.includes(name));
// The others need what the build makes; the tests need all cores.
if (takeStep("build")) await check("build");
const hasTests = takeStep("tests");
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, oneAfterTheOther));
if (hasTests) await check("tests");
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`);
  process.exit(1);
}

/** @param {string} name */
function takeStep(name) {
  const at = left.indexOf(name);
  if (at !== -1) left.splice(at, 1);
  return at !== -1;
}

async function oneAfterTheOther() {
  for (let name = left.shift(); name !== undefined; name = left.shift()) await check(name);
}

/** @param {string} name */
async function check(name) {
  const started = performance.now();
  /** @type {string[]} */
  const outputs = [];
  for (const command of steps[name] ?? []) outputs.push(...(await failureOf(command)));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${outputs.length === 0 ? "ok    " : "FAILED"} ${name.padEnd(8)} ${seconds} s`);
  if (outputs.length > 0) {
    console.log(outputs.join("\n"));
    failed.push(name);
  }
}

/** What the command printed, when it failed. @param {Command} command @returns {Promise<string[]>} */
async function failureOf([file, ...args]) {
  const bin = path.join(root, "node_modules", ".bin");
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env["PATH"]}` };
  const child = spawn(file, args, {
    cwd: root,
    shell: process.platform === "win32",
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => (output += text));
  }
  try {
    const [status] = await once(child, "close");
    return status === 0 ? [] : [`$ ${[file, ...args].join(" ")}\n${output}`];
  } catch (error) {
    return [`$ ${[file, ...args].join(" ")}\n${String(error)}`];
  }
}
