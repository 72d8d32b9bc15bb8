// One command that checks all: `pnpm check`, or some steps by name: `pnpm check lint types`.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const packages = readdirSync(path.join(root, "packages")).map((name) => path.join("packages", name));

/** @typedef {[command: string, ...args: string[]]} Command */

/** @type {Record<string, Command[]>} */
const steps = {
  format: [["prettier", "--check", "."]],
  lint: [["oxlint", "--type-aware", "--deny-warnings"]],
  build: [["turbo", "run", "build", "--output-logs=errors-only"]],
  types: [["tsc", "-p", "tsconfig.check.json"]],
  imports: [[process.execPath, "tools/import-graph.mjs"]],
  tests: [["vitest", "run"]],
  publint: packages.map((folder) => ["publint", folder, "--strict"]),
  attw: packages.map((folder) => ["attw", "--pack", folder, "--profile", "esm-only"]),
  knip: [["knip"]],
  api: [[process.execPath, "tools/api-reports.mjs", "--verify"]],
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
for (const [name, commands] of Object.entries(steps)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  const outputs = commands.flatMap((command) => failureOf(command));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${outputs.length === 0 ? "ok    " : "FAILED"} ${name.padEnd(8)} ${seconds} s`);
  if (outputs.length > 0) {
    console.log(outputs.join("\n"));
    failed.push(name);
  }
}
if (failed.length > 0) {
  console.error(`failed: ${failed.join(", ")}`);
  process.exit(1);
}

/** What the command printed, when it failed. @param {Command} command @returns {string[]} */
function failureOf([file, ...args]) {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === "win32",
    env: {
      ...process.env,
      PATH: `${path.join(root, "node_modules", ".bin")}${path.delimiter}${process.env["PATH"]}`,
    },
  });
  if (status === 0) return [];
  return [`$ ${[file, ...args].join(" ")}\n${stdout}${stderr}${error?.message ?? ""}`];
}
