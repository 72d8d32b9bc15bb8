#!/usr/bin/env node
import module from "node:module";

// Keeps compiled code between runs where Node has it (22.8 and later).
module.enableCompileCache?.();

const { runProcess } = await import("../dist/process.js");
await runProcess();
