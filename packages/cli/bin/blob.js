#!/usr/bin/env node
"use strict";

// Before anything that an old Node cannot load: what it would say about that helps nobody.
const oldNode = tooOld(process.versions.node);
// Scripts and prompts ask for the version often: it needs neither the streams and signals of a run nor their modules.
const asksForVersion = process.argv.length === 3 && process.argv[2] === "--version";
if (oldNode !== undefined) {
  process.stderr.write(oldNode);
  process.exitCode = 1;
} else if (!asksForVersion || !writeVersion()) run();

/** What to say about a Node that is older than this package supports; undefined for any other. */
function tooOld(version) {
  // As package.json has it; reading that would be one file more for each start.
  const needed = "20.19.0";
  const [have, need] = [version, needed].map((text) => text.split(".").map(Number));
  const at = need.findIndex((number, index) => number !== have[index]);
  if (at < 0 || have[at] > need[at]) return undefined;
  return (
    `error[NodeTooOld]: blob needs Node.js ${needed} or newer, and ${process.execPath} is ${version}\n` +
    "hint: install a newer one (https://nodejs.org), or put it first in PATH\n"
  );
}

function run() {
  keepCompiledCode();
  void require("../bundle/command-line.cjs").runProcess();
}

/** Between runs, where Node can (22.8 and later). Its default place is one for all users, who can put their code there. */
function keepCompiledCode() {
  const { enableCompileCache } = require("node:module");
  if (enableCompileCache === undefined) return;
  const { compileCacheDirectory } = require("../bundle/compile-cache.cjs");
  const directory = compileCacheDirectory(process.env);
  if (directory !== undefined) enableCompileCache(directory);
}

/** False when it could not be written: a whole run says why. */
function writeVersion() {
  const { version } = require("../package.json");
  const line = `${version}\n`;
  try {
    return require("node:fs").writeSync(1, line) === line.length;
  } catch (error) {
    // Whoever read has left.
    return error.code === "EPIPE";
  }
}
