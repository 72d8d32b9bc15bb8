// Sets the workspace up on a machine that has Node and npm and nothing else, then runs one task.
//   node tools/bootstrap.mjs setup | quickstart | test | packed | publish [arguments for the task]
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findPnpm } from "./pnpm.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === "win32";

/** @type {Record<string, (rest: string[]) => void>} */
const tasks = {
  setup() {},
  quickstart(rest) {
    run(process.execPath, ["examples/quickstart/dist/main.js", ...rest]);
  },
  test(rest) {
    pnpm(["exec", "vitest", "run", ...rest]);
  },
  packed(rest) {
    pnpm(["exec", "node", "tools/packed.mjs", ...rest]);
  },
  publish(rest) {
    pnpm(["exec", "changeset", "publish", ...rest]);
  },
};

const [name = "", ...rest] = process.argv.slice(2);
const task = tasks[name];
if (task === undefined) {
  console.error(`usage: node tools/bootstrap.mjs ${Object.keys(tasks).join(" | ")}`);
  process.exit(2);
}

// zstd-napi is compiled from the sources in its tarball, whose hash is in the lock file: a prebuilt binary has none there.
process.env["npm_config_build_from_source"] ??= "zstd-napi";
// node-gyp takes installed headers instead of downloading them.
if (process.env["npm_config_nodedir"] === undefined && existsSync("/usr/include/node")) {
  process.env["npm_config_nodedir"] = "/usr";
}
process.env["JOBS"] ??= "max";
process.env["TURBO_TELEMETRY_DISABLED"] ??= "1";

if (!findPnpm()) process.exit(1);
pnpm(["install", "--frozen-lockfile", "--reporter=append-only"]);
pnpm(["exec", "turbo", "run", "build", "--output-logs=errors-only"]);
task(rest);

/** @param {string[]} args */
function pnpm(args) {
  run("pnpm", args, windows);
}

/**
 * @param {string} file
 * @param {string[]} args
 */
function run(file, args, shell = false) {
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: "inherit", shell });
  if (error !== undefined) {
    console.error(`${file} could not be started: ${error.message}`);
    process.exit(1);
  }
  if (status !== 0) process.exit(status ?? 1);
}
