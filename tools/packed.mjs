// The tests that touch codecs, workers, files and the command, against packed packages that npm installed without
// anything optional, on this Node and the newest; and ten archives with every encoder, on every Node that is supported.
//   npm run packed -- [--node VERSION]... [TEST FILE]...
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { countedRun } from "./counted-run.mjs";
import { installNodes, installPacked } from "./packed/install.mjs";

const root = path.dirname(import.meta.dirname);
const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { node: { type: "string", multiple: true } },
});
const testedOn = values.node ?? ["this", "latest"];
const archivesOn = files.length > 0 ? [] : (values.node ?? ["20", "22", "24", "26"]);

const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), "blob-packed-")));
// Some tests run the command as other users.
chmodSync(scratch, 0o755);
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => process.exit(1));
}

const installation = path.join(scratch, "installation");
mkdirSync(installation);
installPacked(installation);
const others = new Set([...testedOn, ...archivesOn].filter((version) => version !== "this"));
const nodes = installNodes(path.join(scratch, "nodes"), [...others]);

const total = { passed: 0, failed: 0, skipped: 0 };

/** @param {string} title @param {string} version @param {string[]} args */
async function run(title, version, args) {
  const node = nodes.get(version) ?? process.execPath;
  // What a program of the command is run by, too. No NODE_PATH may lead back into the workspace.
  const { NODE_PATH: _workspace, ...inherited } = process.env;
  const env = {
    ...inherited,
    BLOB_INSTALLATION: installation,
    PATH: `${path.dirname(node)}${path.delimiter}${process.env["PATH"]}`,
  };
  const counts = await countedRun(`${title}, on ${version} Node`, node, args, env);
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}

const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
const config = path.join(root, "tools/packed/vitest.config.ts");
for (const version of testedOn) {
  await run("tests of packed packages", version, [
    vitest,
    "run",
    "--root",
    root,
    "--config",
    config,
    ...files,
  ]);
}
// Each of them is busy on one core most of the time.
const left = [...archivesOn];
const oneAfterTheOther = async () => {
  for (let version = left.shift(); version !== undefined; version = left.shift()) {
    await run("ten archives", version, [path.join(root, "tools/packed/ten-archives.mjs"), installation]);
  }
};
await Promise.all([oneAfterTheOther(), oneAfterTheOther()]);
const skipped = total.skipped === 0 ? "" : `, ${total.skipped} skipped`;
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed === 0 ? 0 : 1);
