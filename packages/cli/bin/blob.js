#!/usr/bin/env node
import module from "node:module";
import process from "node:process";

// Scripts and prompts ask for the version often: it needs neither the streams and signals of a run nor their modules.
if (process.argv.length === 3 && process.argv[2] === "--version") {
  const { version } = await import("../dist/version.js");
  process.stdout.on("error", () => undefined).write(`${version()}\n`);
} else {
  // Keeps compiled code between runs where Node has it (22.8 and later).
  module.enableCompileCache?.();
  const { runProcess } = await import("../dist/process.js");
  await runProcess();
}
