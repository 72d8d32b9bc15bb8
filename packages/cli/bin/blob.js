#!/usr/bin/env node
import { writeSync } from "node:fs";
import module from "node:module";
import process from "node:process";

// Scripts and prompts ask for the version often: it needs neither the streams and signals of a run nor their modules.
const asksForVersion = process.argv.length === 3 && process.argv[2] === "--version";
if (!asksForVersion || !(await writeVersion())) {
  if (module.enableCompileCache !== undefined) await keepCompiledCode();
  const { runProcess } = await import("../dist/command-line.js");
  await runProcess();
}

/** Between runs, where Node can (22.8 and later). Its default place is one for all users, who can put their code there. */
async function keepCompiledCode() {
  const { compileCacheDirectory } = await import("../dist/compile-cache.js");
  const directory = compileCacheDirectory(process.env);
  if (directory !== undefined) module.enableCompileCache(directory);
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
