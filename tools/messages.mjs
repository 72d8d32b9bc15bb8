import { spawnSync } from "node:child_process";
import path from "node:path";

// Brings about every situation of the table of messages, and prints what the command says: first line, hint, exit code.
const root = path.dirname(import.meta.dirname);
const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
const argv = [vitest, "run", "--project", "@blob/cli", "--reporter=dot", "packages/cli/src/messages.test.ts"];
const { status } = spawnSync(process.execPath, [...argv, ...process.argv.slice(2)], {
  cwd: root,
  env: { ...process.env, BLOB_PRINT_MESSAGES: "1" },
  stdio: "inherit",
});
process.exitCode = status ?? 1;
