#!/usr/bin/env node
"use strict";

// Scripts and prompts ask for the version often: it needs neither the streams and signals of a run nor their modules.
const asksForVersion = process.argv.length === 3 && process.argv[2] === "--version";
if (!asksForVersion || !writeVersion()) run();

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
