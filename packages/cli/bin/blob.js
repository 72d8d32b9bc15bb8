#!/usr/bin/env node
import { writeSync } from "node:fs";
import module from "node:module";
import process from "node:process";

// Scripts and prompts ask for the version often: it needs neither the streams and signals of a run nor their modules.
const asksForVersion = process.argv.length === 3 && process.argv[2] === "--version";
if (!asksForVersion || !(await writeVersion())) {
  // Keeps compiled code between runs where Node has it (22.8 and later).
  module.enableCompileCache?.();
  const { runProcess } = await import("../dist/process.js");
  await runProcess();
}

/** False when it could not be written: a whole run says why. */
async function writeVersion() {
  const { version } = await import("../dist/version.js");
  const line = `${version()}\n`;
  try {
    return writeSync(1, line) === line.length;
  } catch (error) {
    // Whoever read has left.
    return error.code === "EPIPE";
  }
}
